//! A server's process that says where it listens.

use std::{
    io::{self, BufRead as _, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

/// A running server; dropping it kills it.
pub struct Running(Child);

impl Running {
    /// Starts a server and waits until it has said where it listens, as often as wanted; answers these URLs.
    ///
    /// # Errors
    /// A program that can't be run, and a server that ends instead.
    pub fn start<const TIMES: usize>(command: &mut Command) -> Result<(Running, [String; TIMES]), String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{name} can't be run: {error}"))?;
        let mut lines = child.stdout.take().map(|said| BufReader::new(said).lines()).into_iter().flatten();
        let running = Running(child);
        let urls: Vec<String> = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| line.split_once("listens on ").map(|(_, url)| url.trim().to_owned()))
            .take(TIMES)
            .collect();
        let Ok(urls) = urls.try_into() else {
            let ended = running.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            return Err(format!("{name} ended instead of listening ({ended})"));
        };
        // Nobody reads what else it says, but a full pipe must not stop it.
        thread::spawn(move || lines.for_each(drop));
        Ok((running, urls))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// A server that can't be told to.
    pub fn stop(self) -> io::Result<ExitStatus> {
        // The shell's own kill: a bare machine may have no other.
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.id())).status()?;
        if !told.success() {
            return Err(io::Error::other("the server can't be told to stop"));
        }
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A URL without its path.
pub fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
