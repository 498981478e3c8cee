//! The drawing: latency over time, p50 and p99 of each class on a logarithmic scale, with a line for each swap. A few
//! rectangles, lines and paths: SVG is written as it is.

use std::fmt::{self, Write as _};

use crate::figures::Figures;
use crate::rpc::Class;
use crate::timeline::Point;

const WIDTH: f64 = 1400.0;
const HEIGHT: f64 = 480.0;
/// Around the plot: left, top, right, bottom.
const MARGIN: [f64; 4] = [64.0, 40.0, 16.0, 40.0];
/// Of the scale, in microseconds.
const LATENCY_US: [f64; 2] = [100.0, 10_000_000.0];
const LABELS: [(f64, &str); 6] =
    [(1e2, "0.1 ms"), (1e3, "1 ms"), (1e4, "10 ms"), (1e5, "100 ms"), (1e6, "1 s"), (1e7, "10 s")];
/// For each class: p50, p99.
const COLOURS: [[&str; 2]; 2] = [["#7fb3d5", "#1f618d"], ["#f0b27a", "#af601a"]];

struct Plot {
    seconds: f64,
}

/// The whole file.
pub(crate) fn svg(figures: &Figures) -> Result<String, fmt::Error> {
    let plot = Plot { seconds: figures.elapsed.as_secs_f64().max(1.0) };
    let mut out = String::new();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    )?;
    plot.swaps(&mut out, figures)?;
    plot.scale(&mut out)?;
    for class in Class::ALL {
        let own = || figures.points.iter().filter(move |point| point.class == class);
        plot.line(&mut out, COLOURS[class as usize][0], own().map(|point| (point, point.p50_us)))?;
        plot.line(&mut out, COLOURS[class as usize][1], own().map(|point| (point, point.p99_us)))?;
    }
    legend(&mut out)?;
    writeln!(out, "</svg>")?;
    Ok(out)
}

impl Plot {
    fn x(&self, second: f64) -> f64 {
        MARGIN[0] + second / self.seconds * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    fn y(latency_us: f64) -> f64 {
        let [low, high] = LATENCY_US.map(f64::log10);
        let part = (latency_us.log10().clamp(low, high) - low) / (high - low);
        HEIGHT - MARGIN[3] - part * (HEIGHT - MARGIN[1] - MARGIN[3])
    }

    /// The times in which plugins were swapped, and each swap.
    fn swaps(&self, out: &mut String, figures: &Figures) -> fmt::Result {
        let (top, height) = (MARGIN[1], HEIGHT - MARGIN[1] - MARGIN[3]);
        for [from, to] in &figures.swaps.spans {
            let (x, width) = (self.x(*from), self.x(*to) - self.x(*from));
            writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{height}\" fill=\"#f4f6f6\"/>"
            )?;
        }
        for swap in &figures.swaps.done {
            let colour = if swap.after_broken { "#e6b0aa" } else { "#d5d8dc" };
            let (x, bottom) = (self.x(swap.at.as_secs_f64()), top + height);
            writeln!(out, "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"{colour}\" stroke-width=\"0.5\"/>")?;
        }
        Ok(())
    }

    fn scale(&self, out: &mut String) -> fmt::Result {
        for (latency, label) in LABELS {
            let y = Self::y(latency);
            writeln!(out, "<path d=\"M{} {y:.1}H{}\" stroke=\"#ccc\"/>", MARGIN[0], WIDTH - MARGIN[2])?;
            writeln!(out, "<text x=\"4\" y=\"{:.1}\">{label}</text>", y + 4.0)?;
        }
        for tenth in 0..=10 {
            let second = self.seconds * f64::from(tenth) / 10.0;
            let (x, y) = (self.x(second), HEIGHT - 16.0);
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{second:.0} s</text>")?;
        }
        Ok(())
    }

    fn line<'a>(
        &self,
        out: &mut String,
        colour: &str,
        points: impl Iterator<Item = (&'a Point, u64)>,
    ) -> fmt::Result {
        let place = |(point, us): (&Point, u64)| {
            format!("{:.1},{:.1}", self.x(point.second as f64 + 0.5), Self::y(us as f64))
        };
        let points: Vec<_> = points.map(place).collect();
        writeln!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.join(" "))
    }
}

fn legend(out: &mut String) -> fmt::Result {
    let mut x = MARGIN[0];
    for class in Class::ALL {
        for (quantile, colour) in ["p50", "p99"].into_iter().zip(COLOURS[class as usize]) {
            writeln!(out, "<text x=\"{x}\" y=\"24\" fill=\"{colour}\">{} {quantile}</text>", class.name())?;
            x += 100.0;
        }
    }
    let words = "grey: plugins are swapped, a line for each swap, red where a broken file came first";
    writeln!(out, "<text x=\"{x}\" y=\"24\" fill=\"#666\">{words}</text>")
}
