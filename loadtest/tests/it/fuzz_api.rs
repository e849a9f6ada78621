//! The random requests of two organizations find what a server lets slip: else their silence would mean nothing.

use std::net::TcpListener;
use std::sync::mpsc;

use actix_web::http::header::COOKIE;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use loadtest::fuzz_api::{Findings, Fuzz, Party, run};
use serde_json::{Value, json};

/// Ten things of each organization; `a…` are of the first.
fn things(side: char) -> Vec<Value> {
    (0..10).map(|n| json!({"id": format!("{side}{n:031x}"), "name": format!("secret{side}number{n}")})).collect()
}

fn side(request: &HttpRequest) -> char {
    let cookie = request.headers().get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cookie.contains("first") { 'a' } else { 'b' }
}

async fn document() -> web::Json<Value> {
    let one = json!({"get": {"parameters": [{"in": "path", "name": "id"}]}});
    web::Json(
        json!({"paths": {"/api/v1/things": {"get": {}}, "/api/v1/things/{id}": one}, "components": {"schemas": {}}}),
    )
}

async fn sign_in(body: web::Json<Value>) -> HttpResponse {
    let cookie = format!("who={}", body["email"].as_str().unwrap());
    HttpResponse::Created().insert_header(("Set-Cookie", cookie)).finish()
}

async fn list(request: HttpRequest) -> web::Json<Value> {
    web::Json(json!({"items": things(side(&request)), "next": null}))
}

/// Forgets to ask whose it is, or fails over what is not one's own, or does it right.
#[derive(Clone, Copy)]
enum Care {
    Leaks,
    Fails,
    Right,
}

async fn one(request: HttpRequest, id: web::Path<String>, care: web::Data<Care>) -> HttpResponse {
    let found = |side| things(side).into_iter().find(|thing| thing["id"] == id.as_str());
    match (found(side(&request)), **care) {
        (Some(own), _) => HttpResponse::Ok().json(own),
        (None, Care::Leaks) => {
            found('a').or(found('b')).map_or(HttpResponse::NotFound().finish(), |thing| HttpResponse::Ok().json(thing))
        }
        (None, Care::Fails) => HttpResponse::InternalServerError().finish(),
        (None, Care::Right) => HttpResponse::NotFound().finish(),
    }
}

/// A server on a thread of its own, which ends with the process.
fn served(care: Care) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (ready, is_ready) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = move || {
                App::new()
                    .app_data(web::Data::new(care))
                    .route("/api/openapi.json", web::get().to(document))
                    .route("/api/v1/sessions", web::post().to(sign_in))
                    .route("/api/v1/things", web::get().to(list))
                    .route("/api/v1/things/{id}", web::get().to(one))
            };
            let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
            ready.send(()).unwrap();
            server.await.unwrap();
        });
    });
    is_ready.recv().unwrap();
    url
}

async fn asked(care: Care) -> Findings {
    let parties = ["first", "second"].map(|email| Party { email: email.to_owned(), password: "word".to_owned() });
    run(Fuzz { url: served(care), parties, requests: 200, seed: 7 }).await.unwrap()
}

#[tokio::test]
async fn a_server_that_leaks_or_fails_is_caught_and_a_good_one_is_not() {
    let leaky = asked(Care::Leaks).await;
    assert!(leaky.leaks > 10 && leaky.failures == 0, "{leaky:?}");
    assert!(leaky.told[0].contains("leak of secret"), "{:?}", leaky.told[0]);
    let broken = asked(Care::Fails).await;
    assert!(broken.leaks == 0 && broken.failures > 10, "{broken:?}");
    let good = asked(Care::Right).await;
    assert_eq!((good.leaks, good.failures), (0, 0), "{:?}", good.told);
    let again = asked(Care::Right).await;
    assert_eq!(good.answers, again.answers, "the same seed asks the same");
}
