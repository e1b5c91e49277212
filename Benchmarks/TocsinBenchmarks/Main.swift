import Foundation

/// `make bench`: the engine and the whole gateway, each beside its reference, in one run.
@main
enum Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "instructions", let seconds = Int(arguments[3]) {
            return try EngineBenchmark.feed(arguments[2], seconds: seconds)
        }
        if arguments.count == 6, arguments[5] == "decoding" {
            return try Report.show(try FamilyBenchmark.lines(), file: ".build/bench-decoding.json")
        }
        if arguments.count == 6, arguments[5] == "quality" {
            return try Report.show(try QualityBenchmark.lines(), file: ".build/bench-quality.json")
        }
        if arguments.count == 6, arguments[5] == "latency" {
            return try Report.show(
                try await LatencyBenchmark.lines(tocsin: arguments[3]), file: ".build/bench-latency.json")
        }
        if arguments.count == 6, arguments[5] == "overload" {
            return try Report.show(
                try await OverloadBenchmark.lines(tocsin: arguments[3]), file: ".build/bench-overload.json")
        }
        if arguments.count == 6, arguments[5] == "burst" {
            return try Report.show(
                try await BurstBenchmark.lines(tocsin: arguments[3]), file: ".build/bench-burst.json")
        }
        guard arguments.count == 5 || arguments.count >= 6 && arguments[5] == "engine" else {
            print(
                "usage: TocsinBenchmarks LIMIT SUBSCRIBER TOCSIN PROFILES [decoding | quality | latency | overload | burst | engine [W1|W2|functions [NAME]|loading]] (scripts/bench names them)"
            )
            exit(64)
        }
        // One at a time, the engine first: nothing else runs beside it.
        var lines = try EngineBenchmark.lines(arguments[1], only: arguments.count > 6 ? arguments[6] : nil)
        if arguments.count > 6, arguments[6] == "functions" {
            lines = try GrowthBenchmark.functions(only: arguments.count > 7 ? arguments[7] : nil)
        }
        if arguments.count > 6, arguments[6] == "loading" { lines = [try GrowthBenchmark.loading()] }
        if arguments.count < 7 { lines += try GrowthBenchmark.lines() }
        guard arguments.count == 5 else { return try Report.show(lines, file: ".build/bench-engine.json") }
        lines += try DecodingBenchmark.lines(profile: arguments[4] + "/openeew.yaml")
        lines += try FamilyBenchmark.lines()
        lines += try QualityBenchmark.lines()
        lines += try await GatewayBenchmark.lines(tocsin: arguments[3], subscriber: arguments[2])
        lines += try await LatencyBenchmark.lines(tocsin: arguments[3])
        lines += try await OverloadBenchmark.lines(tocsin: arguments[3])
        lines += try await BurstBenchmark.lines(tocsin: arguments[3])
        try Report.show(lines, file: ".build/bench.json")
        for line in lines where line.name.hasSuffix(" transitions") && line.ratio != 1 {
            print("\(line.name): \(line.value), and the reference has \(line.reference ?? .nan)")
            exit(1)
        }
    }
}
