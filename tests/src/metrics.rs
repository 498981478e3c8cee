//! What `/metrics` of a host shows. Which metrics there are is said in the host.

/// The text at one moment.
#[derive(Debug)]
pub struct Metrics(String);

impl Metrics {
    /// Asks the host at `http`, as "http://127.0.0.1:7001".
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn read(http: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("{http}/metrics")).send().await.expect("an answer");
        Self(answer.text().await.expect("a text"))
    }

    /// The sum of a metric's samples that have all of these labels: `sum("patchbay_traps_total", &[("reason", "cpu")])`.
    ///
    /// # Panics
    /// If a sample is no number.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
        let samples = self.0.lines().filter_map(|line| line.strip_prefix(name));
        let fitting = samples.filter(|rest| {
            rest.starts_with(['{', ' ']) && labels.iter().all(|label| rest.contains(label.as_str()))
        });
        fitting.map(value).sum()
    }
}

fn value(sample: &str) -> u64 {
    let number = sample.rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or_else(|_| panic!("not a whole number: {sample}"))
}
