// A redirect server on hyper that logs to Kafka through librdkafka: what a careful program in Rust costs. One thread
// answers, as there is one core; librdkafka's own threads send. Usage: redirector-rust PORT BROKERS TOPIC.
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, CONTENT_LENGTH, HOST, LOCATION, REFERER, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rdkafka::config::ClientConfig;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::ClientContext;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};

const TARGET: &str = "http://google.com/";
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);

/// A line of the log; the order of the fields is the order in the JSON.
#[derive(Serialize)]
struct Click<'a> {
    id: String,
    time: u64,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    status: u16,
    location: &'a str,
    remote_address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referer: Option<&'a str>,
}

/// Counts the records that librdkafka gave up.
struct Reports(Arc<AtomicU64>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        if result.is_err() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Log {
    producer: ThreadedProducer<Reports>,
    topic: String,
    boot: u64,
    offered: AtomicU64,
    lost: Arc<AtomicU64>,
}

impl Log {
    fn offer(&self, request: &Request<Incoming>, client: SocketAddr) {
        let headers = request.headers();
        let click = Click {
            id: format!(
                "{}-0-{}",
                self.boot,
                self.offered.fetch_add(1, Ordering::Relaxed) + 1
            ),
            time: millis(),
            method: request.method().as_str(),
            path: request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str()),
            host: text(headers, &HOST),
            status: 301,
            location: TARGET,
            remote_address: client.to_string(),
            user_agent: text(headers, &USER_AGENT),
            referer: text(headers, &REFERER),
        };
        let value = serde_json::to_vec(&click).expect("strings and numbers are always JSON");
        let record: BaseRecord<'_, (), [u8]> = BaseRecord::to(&self.topic).payload(&value);
        if self.producer.send(record).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A header as it stands, where it is text.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, brokers, topic] = arguments.as_slice() else {
        fail("usage: redirector-rust PORT BROKERS TOPIC")
    };
    let lost = Arc::new(AtomicU64::new(0));
    let producer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("client.id", "redirector-rust")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "10")
        .set("queue.buffering.max.messages", "1000000")
        .create_with_context(Reports(lost.clone()))
        .unwrap_or_else(|error| fail(&format!("Kafka producer: {error}")));
    let log = Rc::new(Log {
        producer,
        topic: topic.clone(),
        boot: millis(),
        offered: AtomicU64::new(0),
        lost,
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let address = format!("127.0.0.1:{port}");
    tokio::task::LocalSet::new().block_on(&runtime, serve(&address, log.clone()));
    let flushed = log.producer.flush(FLUSH_DEADLINE);
    let unflushed = if flushed.is_err() {
        log.producer.in_flight_count() as u64
    } else {
        0
    };
    println!(
        "{{\"event\":\"shutdown\",\"lost\":{}}}",
        log.lost.load(Ordering::Relaxed) + unflushed
    );
}

async fn serve(address: &str, log: Rc<Log>) {
    let listener = TcpListener::bind(address)
        .await
        .unwrap_or_else(|error| fail(&format!("HTTP server: {error}")));
    let mut terminated = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    println!("listening on {address}");
    loop {
        let (stream, client) = tokio::select! {
            accepted = listener.accept() => match accepted { Ok(accepted) => accepted, Err(_) => continue },
            _ = terminated.recv() => return,
        };
        let _ = stream.set_nodelay(true);
        let log = log.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            log.offer(&request, client);
            async move {
                let response = Response::builder()
                    .status(301)
                    .header(LOCATION, TARGET)
                    .header(CONTENT_LENGTH, 0);
                Ok::<_, Infallible>(
                    response
                        .body(Empty::<Bytes>::new())
                        .expect("a valid response"),
                )
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::task::spawn_local(async move {
            // A client that goes away is no concern of the log.
            let _ = connection.await;
        });
    }
}

fn fail(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1)
}
