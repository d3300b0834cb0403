//! DynamoDB in memory on a free port of 127.0.0.1; says which, and serves until it is ended.

use dynoxide::{server, Database};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("no free port");
    let address = listener.local_addr().expect("no address");
    let database = Database::memory().expect("no database");
    println!("listening on http://{address}");
    server::serve_on(listener, database).await;
}
