import ArgumentParser

/// The option of commands that print records for tools.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line, with times in UTC.")
    var json = false
}
