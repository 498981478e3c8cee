//! `patchbay operator …`: what an operator's entry in the operators' file is made of. No host is asked.

use anyhow::Result;
use clap::Subcommand;
use patchbay_core::Digest;
use patchbay_core::seal::random_secret;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::output::Output;
use super::show;

/// 43 letters and digits hold 256 bits.
const TOKEN_CHARS: usize = 43;

/// What to make.
#[derive(Debug, clap::Args)]
pub struct OperatorArgs {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw a token at random, and print it with the digest that goes into the file: the token is the operator's alone.
    Token,
}

/// A token, as it is printed once.
#[derive(Serialize)]
struct Token {
    token: String,
    token_sha256: String,
}

/// Prints what came of it to standard output.
///
/// Fails where the operating system gives no random bytes.
pub fn operator(args: &OperatorArgs) -> Result<()> {
    let OperatorArgs { command: Command::Token, json } = args;
    let token = random_secret(TOKEN_CHARS)?.expose_secret().to_owned();
    let token_sha256 = Digest::of(token.as_bytes()).as_str().to_owned();
    let drawn = Token { token, token_sha256 };
    Output { json: *json, out: std::io::stdout() }.print(&drawn, |out| {
        show::fields(&[("token", &drawn.token), ("token_sha256", &drawn.token_sha256)], out)
    })
}
