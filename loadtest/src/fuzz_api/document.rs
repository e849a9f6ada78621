//! The server's description, as far as requests are made from it.

use serde_json::Value;

/// Left out, because nothing could be asked after them: they need no session and are counted and limited by design, or make
/// organizations without end.
const LEFT_OUT: &[(&str, &str)] = &[
    ("post", "/api/v1/sessions"),
    ("post", "/api/v1/sessions/refresh"),
    ("post", "/api/v1/sessions/switch"),
    ("post", "/api/v1/sign-ups"),
    ("post", "/api/v1/password-resets"),
    ("post", "/api/v1/demo/sessions"),
];

#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) method: String,
    /// With `{…}`.
    pub(super) path: String,
    pub(super) query: Vec<String>,
    /// Schema of a JSON body.
    pub(super) body: Option<Value>,
}

#[derive(Debug)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    schemas: Value,
}

impl Document {
    pub(super) fn of(mut document: Value) -> Self {
        let schemas = document.pointer_mut("/components/schemas").map(Value::take).unwrap_or_default();
        let mut operations = Vec::new();
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if LEFT_OUT.contains(&(method.as_str(), path.as_str())) {
                    continue;
                }
                let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
                let query = parameters.filter(|one| one.get("in").and_then(Value::as_str) == Some("query"));
                let query = query.filter_map(|one| one.get("name")?.as_str().map(str::to_owned)).collect();
                let body = operation.pointer("/requestBody/content/application~1json/schema").cloned();
                operations.push(Operation { method: method.to_uppercase(), path: path.clone(), query, body });
            }
        }
        // The order of keys depends on how the document was made; the seed must not.
        operations.sort_by(|one, other| (&one.path, &one.method).cmp(&(&other.path, &other.method)));
        Self { operations, schemas }
    }

    /// The schema itself, where this one only names it.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let named = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
        named.and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }
}

impl Operation {
    pub(super) fn is_read(&self) -> bool {
        self.method == "GET" && !self.path.ends_with("/export") && self.path.matches('{').count() <= 1
    }

    /// What its answer lists: the last word of the path, `messages` of `/conversations/{id}/messages`.
    pub(super) fn kind(&self) -> &str {
        self.path.rsplit('/').find(|part| !part.starts_with('{')).unwrap_or_default()
    }

    /// What its first parameter names.
    pub(super) fn first_kind(&self) -> &str {
        self.path.split("/{").next().and_then(|before| before.rsplit('/').next()).unwrap_or_default()
    }

    /// The path with this in the place of its parameter.
    pub(super) fn named(&self, id: &str) -> String {
        self.parts().map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/")
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        self.path.split('/')
    }
}
