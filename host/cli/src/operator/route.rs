//! `patchbay plugin route`: how the calls of a line are shared out.

use std::convert::Infallible;
use std::fmt::Display;
use std::io::Write;
use std::str::FromStr;

use anyhow::Result;
use patchbay_proto::plugin::SetRouteRequest;
use patchbay_proto::plugin::set_route_request::{Pin, Weight};

use super::output::Output;
use super::{Client, show};
use crate::client::refused;

/// What the calls of a domain in a region come to.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true).args(["weights", "pins", "unpins"]))]
pub(super) struct RouteArgs {
    /// DOMAIN, or DOMAIN/REGION.
    line: Line,
    /// A generation's part of the calls; those not named get none. May be repeated.
    #[arg(long = "weight", value_name = "NUMBER=WEIGHT", value_parser = pair::<u64, u32>)]
    weights: Vec<(u64, u32)>,
    /// A tenant whose calls one generation answers whatever the weights. May be repeated.
    #[arg(long = "pin", value_name = "TENANT=NUMBER", value_parser = pair::<String, u64>)]
    pins: Vec<(String, u64)>,
    /// A tenant that is pinned no longer. May be repeated.
    #[arg(long = "unpin", value_name = "TENANT")]
    unpins: Vec<String>,
}

/// A domain in a region; without a region, the domain's first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) domain: String,
    pub(super) region: String,
}

impl FromStr for Line {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (domain, region) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { domain: domain.to_owned(), region: region.to_owned() })
    }
}

/// `A=B`
fn pair<A: FromStr<Err: Display>, B: FromStr<Err: Display>>(text: &str) -> Result<(A, B), String> {
    let (a, b) = text.split_once('=').ok_or("there is no =")?;
    let a = a.parse().map_err(|error| format!("{a}: {error}"))?;
    Ok((a, b.parse().map_err(|error| format!("{b}: {error}"))?))
}

/// Sets it, and shows the line as it is then.
pub(super) async fn run(client: &mut Client, args: RouteArgs, out: &mut Output<impl Write>) -> Result<()> {
    let set = client.set_route(request(args)).await.map_err(|status| refused(&status))?.into_inner();
    out.print(&set, |out| show::generations(&set.generations, out))
}

fn request(args: RouteArgs) -> SetRouteRequest {
    let weights = args.weights.into_iter().map(|(generation, weight)| Weight { generation, weight });
    let unpins = args.unpins.into_iter().map(|tenant_id| (tenant_id, 0));
    let pins = args.pins.into_iter().chain(unpins);
    SetRouteRequest {
        domain: args.line.domain,
        region: args.line.region,
        weights: weights.collect(),
        pins: pins.map(|(tenant_id, generation)| Pin { tenant_id, generation }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        route: RouteArgs,
    }

    fn parse(arguments: &[&str]) -> Result<SetRouteRequest, clap::Error> {
        Arguments::try_parse_from(["route"].iter().chain(arguments)).map(|arguments| request(arguments.route))
    }

    #[test]
    fn weights_and_pins_are_pairs() {
        let set =
            parse(&["nas/one", "--weight", "3=10", "--pin", "t-1=3", "--weight", "2=90", "--unpin", "t-2"]);
        let set = set.unwrap();
        assert_eq!((set.domain.as_str(), set.region.as_str()), ("nas", "one"));
        assert_eq!(
            set.weights.iter().map(|w| (w.generation, w.weight)).collect::<Vec<_>>(),
            [(3, 10), (2, 90)]
        );
        let pins: Vec<_> = set.pins.iter().map(|pin| (pin.tenant_id.as_str(), pin.generation)).collect();
        assert_eq!(pins, [("t-1", 3), ("t-2", 0)]);
        assert_eq!(parse(&["nas", "--unpin", "t-1"]).unwrap().region, "", "the domain's first");
    }

    #[test]
    fn what_changes_nothing_or_is_no_pair_is_a_mistake() {
        for wrong in [
            &["nas"][..],
            &["--weight", "3=10"],
            &["nas", "--weight", "3"],
            &["nas", "--weight", "three=10"],
            &["nas", "--weight", "3=-1"],
            &["nas", "--pin", "t-1"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
