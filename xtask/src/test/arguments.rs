//! Which arguments are cargo's and which the test binaries', as `cargo test` has it.

/// Cargo's options that take the next argument as their value, as far as they make sense here.
const VALUED: [&str; 17] = [
    "-p",
    "--package",
    "--exclude",
    "--test",
    "--bin",
    "--example",
    "--bench",
    "-F",
    "--features",
    "-j",
    "--jobs",
    "--profile",
    "--target",
    "--color",
    "--config",
    "--manifest-path",
    "-Z",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// As for `cargo test`: `-p PACKAGE`, `--test NAME`, FILTER …, and behind `--` those of the test binaries.
    #[arg(allow_hyphen_values = true)]
    before: Vec<String>,
    /// `--` where nothing stands before it.
    #[arg(last = true, hide = true)]
    behind: Vec<String>,
}

impl Arguments {
    /// What `cargo test` builds by. All packages, unless some are named: beside `--workspace` cargo overlooks names.
    ///
    /// Of named packages alone cargo compiles dependencies anew, see `binaries`; `--test NAME` does without that.
    pub(super) fn for_cargo(&self) -> Vec<&str> {
        let named = |argument: &&str| argument.starts_with("-p") || argument.starts_with("--package");
        let own = self.own();
        let all = (!own.iter().any(named)).then_some("--workspace");
        all.into_iter().chain(own).collect()
    }

    /// What of them is cargo's.
    pub(super) fn own(&self) -> Vec<&str> {
        self.halves().0
    }

    /// What each test binary is called with.
    pub(super) fn for_tests(&self) -> Vec<&str> {
        let (cargo, tests) = self.halves();
        filter(&cargo).into_iter().chain(tests).collect()
    }

    fn halves(&self) -> (Vec<&str>, Vec<&str>) {
        let mut before = self.before.iter().map(String::as_str);
        let cargo = before.by_ref().take_while(|argument| *argument != "--").collect();
        (cargo, before.chain(self.behind.iter().map(String::as_str)).collect())
    }
}

/// What stands among cargo's arguments and is no option: which tests to run.
fn filter<'a>(cargo: &[&'a str]) -> Option<&'a str> {
    let before = [""].iter().chain(cargo);
    let free = before.zip(cargo).find(|(before, one)| !one.starts_with('-') && !VALUED.contains(before));
    free.map(|(_, filter)| *filter)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: super::Arguments,
    }

    fn split(line: &str) -> (String, String) {
        let Command { arguments } = Command::parse_from(line.split(' '));
        (arguments.for_cargo().join(" "), arguments.for_tests().join(" "))
    }

    #[test]
    fn arguments_reach_whom_they_are_for() {
        for (line, cargo, tests) in [
            ("test", "--workspace", ""),
            ("test -p a --test b", "-p a --test b", ""),
            ("test --package=a -- one --ignored", "--package=a", "one --ignored"),
            ("test --test b one -- --exact", "--workspace --test b one", "one --exact"),
            ("test --release one", "--workspace --release one", "one"),
            ("test one", "--workspace one", "one"),
            ("test -- one --ignored", "--workspace", "one --ignored"),
            ("test -- --ignored", "--workspace", "--ignored"),
        ] {
            assert_eq!(split(line), (cargo.to_owned(), tests.to_owned()), "{line}");
        }
    }
}
