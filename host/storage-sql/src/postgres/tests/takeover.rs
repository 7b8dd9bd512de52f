//! The layout: what parse-server 9.10 made is read, and what is written is what it would have written.

use model::schema::{ClassOp, Entities};

use super::*;

/// A database as parse-server 9.10 leaves it: its tables, its `_SCHEMA`, its rows.
pub(super) const PEER: &str = r#"
CREATE TABLE "_SCHEMA" ( "className" varChar(120), "schema" jsonb, "isParseClass" bool, PRIMARY KEY ("className") );
CREATE TABLE "_User" ("objectId" text, "createdAt" timestamptz, "updatedAt" timestamptz, "username" text, "email" text,
  "emailVerified" boolean, "authData" jsonb, "_rperm" text[], "_wperm" text[], "_hashed_password" text,
  "_email_verify_token_expires_at" timestamptz, "_email_verify_token" text, "_account_lockout_expires_at" timestamptz,
  "_failed_login_count" double precision, "_perishable_token" text, "_perishable_token_expires_at" timestamptz,
  "_password_changed_at" timestamptz, "_password_history" jsonb, PRIMARY KEY ("objectId"));
CREATE UNIQUE INDEX "_User_unique_username" ON "_User" ("username");
CREATE INDEX "case_insensitive_username" ON "_User" (lower("username") varchar_pattern_ops);
CREATE UNIQUE INDEX "_User_unique_authData_anonymous_id" ON "_User" (("authData"->'anonymous'->>'id'))
  WHERE "authData"->'anonymous'->>'id' IS NOT NULL;
CREATE TABLE "Thing" ("objectId" text, "createdAt" timestamptz, "updatedAt" timestamptz, "_rperm" text[], "_wperm" text[],
  "text" text, "at" timestamptz, "list" jsonb, "place" point, "obj" jsonb, "user" text, "file" text, "area" polygon,
  "num" double precision, "flag" boolean, "bytes" jsonb, PRIMARY KEY ("objectId"));
CREATE INDEX "by_a" ON "Thing" ("text");
CREATE TABLE "_Join:rel:Thing" ("relatedId" varChar(120), "owningId" varChar(120), PRIMARY KEY("relatedId", "owningId") );
INSERT INTO "_SCHEMA" VALUES ('_User', '{"fields": {"email": {"type": "String"}, "_rperm": {"type": "Array", "contents":
  {"type": "String"}}, "_wperm": {"type": "Array", "contents": {"type": "String"}}, "authData": {"type": "Object"},
  "objectId": {"type": "String"}, "username": {"type": "String"}, "createdAt": {"type": "Date"}, "updatedAt":
  {"type": "Date"}, "emailVerified": {"type": "Boolean"}, "_hashed_password": {"type": "String"}}, "className": "_User"}', true);
INSERT INTO "_SCHEMA" VALUES ('Thing', '{"fields": {"at": {"type": "Date"}, "num": {"type": "Number", "required": true,
  "defaultValue": 5}, "obj": {"type": "Object"}, "rel": {"type": "Relation", "targetClass": "Thing"}, "area":
  {"type": "Polygon"}, "file": {"type": "File"}, "flag": {"type": "Boolean"}, "list": {"type": "Array"}, "text":
  {"type": "String"}, "user": {"type": "Pointer", "targetClass": "_User"}, "bytes": {"type": "Bytes"}, "place":
  {"type": "GeoPoint"}, "_rperm": {"type": "Array", "contents": {"type": "String"}}, "_wperm": {"type": "Array",
  "contents": {"type": "String"}}, "objectId": {"type": "String"}, "createdAt": {"type": "Date"}, "updatedAt":
  {"type": "Date"}}, "indexes": {"_id_": {"_id": 1}, "by_a": {"text": 1}}, "className": "Thing", "classLevelPermissions":
  {"ACL": {"*": {"read": true}}, "get": {"role:admin": true}, "find": {"*": true, "requiresAuthentication": true},
  "create": {}, "update": {"pointerFields": ["user"]}, "readUserFields": ["user"], "protectedFields": {"*": ["num"]}}}', true);
INSERT INTO "_User" ("objectId", "createdAt", "updatedAt", "username", "_hashed_password", "_rperm", "_wperm",
  "_failed_login_count") VALUES ('u1', '2026-11-25 20:57:05.011+00', '2026-11-25 20:57:05.011+00', 'Ann', '$2y$10$x',
  '{u1}', '{u1}', 2);
INSERT INTO "Thing" VALUES ('t1', '2026-11-25 20:57:16.3+00', '2026-11-25 20:57:16.3+00', '{*,u1}', '{role:admin,u1}',
  'é"''x', '2020-01-02 03:04:05.006+00', '[1, "a", null, true, {"k": 1}, [2, 3], {"iso": "1970-01-01T00:00:00.007Z",
  "__type": "Date"}, {"__type": "Pointer", "objectId": "t2", "className": "Thing"}]', '(-20.25,10.5)',
  '{"a": 1, "b": {"c": [1, null, "x"]}, "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}', 'u1', 'abc_a.txt',
  '((0,0),(1,0),(1,1),(0,1),(0,0))', 1.5, true, '{"__type": "Bytes", "base64": "AP8B"}');
INSERT INTO "Thing" ("objectId", "createdAt", "updatedAt") VALUES ('t2', '2026-11-25 20:57:16.4+00', '2026-11-25 20:57:16.4+00');
INSERT INTO "_Join:rel:Thing" ("relatedId", "owningId") VALUES ('t2', 't1');
"#;

/// The object `t1` as Parse has it.
fn whole() -> Object {
    let json = serde_json::json!({
        "text": "é\"'x", "at": {"__type": "Date", "iso": "2020-01-02T03:04:05.006Z"}, "num": 1.5, "flag": true,
        "list": [1, "a", null, true, {"k": 1}, [2, 3], {"__type": "Date", "iso": "1970-01-01T00:00:00.007Z"},
            {"__type": "Pointer", "className": "Thing", "objectId": "t2"}],
        "place": {"__type": "GeoPoint", "latitude": 10.5, "longitude": -20.25},
        "obj": {"a": 1, "b": {"c": [1, null, "x"]}, "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}},
        "user": {"__type": "Pointer", "className": "_User", "objectId": "u1"},
        "file": {"__type": "File", "name": "abc_a.txt"},
        "area": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]},
        "bytes": {"__type": "Bytes", "base64": "AP8B"},
    });
    let at = Date::parse("2026-11-25T20:57:16.300Z").unwrap();
    let mut object = Object::new(ClassName::new("Thing").unwrap(), ObjectId::new("t1").unwrap(), at);
    object.acl = Some(Acl::from_groups(&["u1", "*"], &["u1", "role:admin"]));
    for (field, value) in json.as_object().unwrap() {
        object.fields.insert(name(field), model::encode::value(value.clone()).unwrap());
    }
    object
}

async fn thing(storage: &Postgres) -> Arc<Schema> {
    let schemas = storage.schemas().await.unwrap();
    Arc::new(schemas.into_iter().find(|schema| schema.class == *"Thing").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_parse_server_is_read_as_it_meant_it() {
    let place = Place::new().await;
    place.run(PEER).await;
    let storage = place.open().await;
    let thing = thing(&storage).await;
    let found = storage.find(&select(&thing, Filter::id(&ObjectId::new("t1").unwrap()))).await.unwrap();
    assert!(found == [whole()], "{}", serde_json::Value::Object(model::encode::object_json(&found[0])));
    let empty = storage.find(&select(&thing, Filter::id(&ObjectId::new("t2").unwrap()))).await.unwrap();
    assert!(empty[0].fields.is_empty() && empty[0].acl.is_none());
    let owner = ObjectId::new("t1").unwrap();
    assert_eq!(storage.related(&thing.class, "rel", &owner).await.unwrap(), [ObjectId::new("t2").unwrap()]);

    let permissions = &thing.permissions;
    let groups = |groups: &[&str]| Entities {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Entities::default()
    };
    assert_eq!(permissions.operations[&ClassOp::Get], groups(&["role:admin"]));
    assert_eq!(permissions.operations[&ClassOp::Find], groups(&["*", "requiresAuthentication"]));
    // What isn't spoken of is the master key's alone.
    assert_eq!(permissions.operations[&ClassOp::Count], groups(&[]));
    assert!(permissions.operations[&ClassOp::Update].pointer_fields.contains("user"));
    assert!(permissions.protected_fields["*"].contains("num"));
    assert_eq!(permissions.default_acl, Some(Acl::from_groups(&["*"], &[])));
    let num = &thing.fields["num"];
    assert_eq!((num.required, num.default.as_ref()), (true, Some(&Value::Number(5.0))));
    assert_eq!(thing.indexes.keys().collect::<Vec<_>>(), ["by_a"]);

    let schemas = storage.schemas().await.unwrap();
    let user = schemas.iter().find(|schema| schema.class == *"_User").unwrap();
    let username = Unique { fields: vec![name("username")], ignore_case: false };
    assert_eq!(user.unique, [username]);
    let ann = storage.find(&select(&Arc::new(user.clone()), Filter::all())).await.unwrap();
    assert_eq!(ann[0].field("_hashed_password").unwrap().as_str(), Some("$2y$10$x"));
    assert_eq!(ann[0].field("_failed_login_count"), Some(&Value::Number(2.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_parse_server_would_have_written() {
    let place = Place::new().await;
    place.run(PEER).await;
    let storage = place.open().await;
    let thing = thing(&storage).await;
    let mut copy = whole();
    copy.id = ObjectId::new("t3").unwrap();
    storage.commit(vec![insert(&thing, copy)]).await.unwrap();
    let rows = "SELECT to_jsonb(t) - 'objectId' FROM \"Thing\" t WHERE \"objectId\" IN ('t1', 't3')";
    let rows = place.read(&format!("SELECT j::text FROM ({rows}) AS r(j)")).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], rows[1]);

    // A field added, one dropped, permissions and the rest left alone.
    let mut next = Schema::clone(&thing);
    next.fields.insert(name("more"), Field::new(FieldType::Pointer(ClassName::user())));
    next.fields.remove("flag");
    storage.put_schema(&next).await.unwrap();
    let schema = place.read("SELECT \"schema\"::text FROM \"_SCHEMA\" WHERE \"className\" = 'Thing'").await;
    let schema: serde_json::Value = serde_json::from_str(&schema[0]).unwrap();
    assert_eq!(schema["fields"]["more"], serde_json::json!({"type": "Pointer", "targetClass": "_User"}));
    assert!(schema["fields"].get("flag").is_none());
    assert_eq!(
        schema["fields"]["num"],
        serde_json::json!({"type": "Number", "required": true, "defaultValue": 5})
    );
    assert_eq!(
        schema["fields"]["_rperm"],
        serde_json::json!({"type": "Array", "contents": {"type": "String"}})
    );
    assert_eq!(schema["indexes"], serde_json::json!({"_id_": {"_id": 1}, "by_a": {"text": 1}}));
    assert_eq!(schema["classLevelPermissions"]["get"], serde_json::json!({"role:admin": true}));
    assert!(schema.get("_parapet").is_none(), "{schema}");
}

const TYPES: &str = "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_name) \
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_class_has_the_tables_that_parse_server_makes() {
    let place = Place::new().await;
    let storage = place.open().await;
    let mut class = Schema::new(ClassName::user());
    for (field, kind) in [
        ("username", FieldType::String),
        ("password", FieldType::String),
        ("email", FieldType::String),
        ("emailVerified", FieldType::Boolean),
        ("authData", FieldType::Object),
        ("friends", FieldType::Relation(ClassName::user())),
    ] {
        class.fields.insert(name(field), Field::new(kind));
    }
    class.fields.insert(FieldName::known("_hashed_password"), Field::new(FieldType::String));
    class.unique.push(Unique { fields: vec![name("username")], ignore_case: true });
    storage.put_schema(&class).await.unwrap();
    let made = place.read(&format!("{TYPES}'_User'")).await;
    let other = Place::new().await;
    other.run(PEER).await;
    assert_eq!(made, other.read(&format!("{TYPES}'_User'")).await);
    let join = format!("{TYPES}'_Join:friends:_User'");
    assert_eq!(place.read(&join).await, ["owningId character varying, relatedId character varying"]);
    let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = '_User' ORDER BY 1";
    let indexes = place.read(indexes).await.join("\n").replace(&format!("{}.", place.name), "");
    assert!(indexes.contains("CREATE UNIQUE INDEX case_insensitive_username ON \"_User\" USING btree (lower(username) varchar_pattern_ops)"), "{indexes}");
    let named =
        place.read("SELECT jsonb_object_keys(\"schema\"->'fields') FROM \"_SCHEMA\" ORDER BY 1").await;
    assert!(
        !named.contains(&"password".to_owned()) && named.contains(&"_hashed_password".to_owned()),
        "{named:?}"
    );
    // All of it comes back.
    drop(storage);
    let again = place.open().await.schemas().await.unwrap();
    let mut again = again.into_iter().next().unwrap();
    // Columns of parse-server's that this class didn't ask for.
    again.fields.retain(|field, _| class.fields.contains_key(field));
    assert!(again == class, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_names_that_differ_in_case_alone_collide_after_a_takeover() {
    let place = Place::new().await;
    place.run(PEER).await;
    let storage = place.open().await;
    let schemas = storage.schemas().await.unwrap();
    let mut user = schemas.into_iter().find(|schema| schema.class == *"_User").unwrap();
    user.unique.push(Unique { fields: vec![name("username")], ignore_case: true });
    storage.put_schema(&user).await.unwrap();
    let user = Arc::new(user);
    let mut twin = Object::new(ClassName::user(), ObjectId::new("u2").unwrap(), Date(1000));
    twin.fields.insert(name("username"), "aNN".into());
    let done = storage.commit(vec![insert(&user, twin)]).await;
    assert_eq!(done, Err(Error::Duplicate { fields: vec!["username".into()] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_database_itself_are_out_of_reach() {
    let place = Place::new().await;
    let storage = place.open().await;
    let mut class = schema(&[("rolname", FieldType::String)]);
    for name in ["pg_authid", "pg_class"] {
        class.class = ClassName::new(name).unwrap();
        storage.put_schema(&class).await.unwrap();
        assert_eq!(storage.count(&Arc::new(class.clone()), &Filter::all()).await.unwrap(), 0);
    }
    drop(storage);
    let again = place.open().await;
    assert_eq!(again.schemas().await.unwrap().len(), 2);
    assert_eq!(again.count(&Arc::new(class), &Filter::all()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_in_the_order_of_their_code_points_whatever_the_database_thinks() {
    let place = Place::new().await;
    let base = place.uri.split("/postgres?").next().unwrap();
    let database = format!("icu_{}", place.name);
    place
        .run(&format!("CREATE DATABASE {database} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"))
        .await;
    let other = Place { uri: format!("{base}/{database}"), name: "public".into() };
    other.run(PEER).await;
    let storage = other.open().await;
    // One class that parse-server made, and one of our own.
    let theirs = thing(&storage).await;
    let mut ours = schema(&[("text", FieldType::String)]);
    ours.indexes.insert("by_text".into(), [("text".to_owned(), IndexKind::Ascending)].into());
    let ours = Arc::new(ours);
    storage.put_schema(&ours).await.unwrap();
    for class in [&theirs, &ours] {
        storage
            .commit(vec![Write::Delete {
                schema: Arc::clone(class),
                filter: Filter::all(),
                must_exist: false,
            }])
            .await
            .unwrap();
        for (id, text) in
            [("1", "b"), ("2", "B"), ("3", "a"), ("4", "Ä"), ("5", "_"), ("6", "a b"), ("7", "ab")]
        {
            let mut row = Object::new(class.class.clone(), ObjectId::new(id).unwrap(), Date(1000));
            row.fields.insert(name("text"), text.into());
            storage.commit(vec![insert(class, row)]).await.unwrap();
        }
        let sorted = Select {
            order: vec![model::Order::ascending(FieldPath::new("text").unwrap())],
            ..select(class, Filter::all())
        };
        let texts = |found: Vec<Object>| {
            found
                .iter()
                .map(|object| object.field("text").unwrap().as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(storage.find(&sorted).await.unwrap()), ["B", "_", "a", "a b", "ab", "b", "Ä"]);
        let above = Select { filter: test("text", Test::Gt("a".into())), ..sorted };
        assert_eq!(texts(storage.find(&above).await.unwrap()), ["a b", "ab", "b", "Ä"]);
    }
    storage.close().await;
    place.run(&format!("DROP DATABASE {database} WITH (FORCE)")).await;
}
