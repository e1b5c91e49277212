import ArgumentParser
import Diagnostics
import Foundation
import Gateway
import RuleLanguage
internal import SiteConfiguration
import Telemetry

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain what a rule measures, in which groups, and what it costs.",
        discussion: """
            Exits with 1 if there is no such rule, 78 if the files have mistakes.

              tocsin explain river-rising -c tocsin.yaml
            """)

    @Argument(help: "The name of the rule.")
    var rule: String

    @OptionGroup var config: ConfigOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let configuration = try config.read()
        let model: SiteModel
        do {
            model = try SiteModel.load(configuration, numbering: SiteModel.numberInOrder)
        } catch {
            throw Failure.report(error)
        }
        guard let outline = model.rules.outline(of: rule, ladder: configuration.ladder, site: model.site) else {
            let names = model.rules.rules.map(\.name)
            let hint = NearMiss.hint(for: rule, among: names) ?? "there are: \(names.sorted().joined(separator: ", "))"
            Terminal.complain("there is no rule '\(rule)': \(hint)")
            throw ExitCode.failure
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            Terminal.write(ControlCharacters.escapedJSON(String(decoding: try encoder.encode(outline), as: UTF8.self)))
        } else {
            for line in Self.lines(outline) { Terminal.line(line) }
        }
    }

    private static func lines(_ outline: RuleOutline) -> [String] {
        var lines = [
            "\(outline.rule): \(outline.hazard), one alarm for each \(outline.forEach.joined(separator: " and "))", "",
        ]
        lines += outline.levels.map { level in
            level.until.map { "  \(level.level) from \(level.text) until \($0)" }
                ?? "  \(level.level) while \(level.text)"
        }
        lines += outline.definitions.map { "    where \($0.name) is \($0.text)" }
        lines.append(outline.clear.map { "  ends when \($0)" } ?? "  ends when no level holds")
        if let suppress = outline.suppress {
            lines.append("  suppressed, so that nobody is notified, while \(suppress)")
        }
        lines.append(
            outline.noDataLevel.map {
                "  a fault of level \($0) when there is no data for longer than its sensors may be silent"
            }
                ?? "  no fault when there is no data")
        lines += ["", "It measures"]
        lines += outline.measured.map {
            "  \($0.text)"
                + ($0.isTest ? ": compared with every reading, once for all rules" : ": computed when the rule is run")
        }
        lines += outline.votes.map { "  \($0.text), of each sensor" }
        lines += outline.asksAlarmsOf.map { "  the alarms of \($0)" }
        let groups = outline.groups.count == 1 ? "1 group" : "\(outline.groups.count) groups"
        let bound = outline.groups.reduce(0) { $0 + $1.series }
        lines += [
            "",
            "It is bound to \(groups) with \(bound) series",
        ]
        for group in outline.groups.prefix(10) {
            let parameters = group.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            lines.append("  \(group.name)\(parameters.isEmpty ? "" : ", with \(parameters.joined(separator: ", "))")")
            lines += group.sensors.prefix(12).map { "    \(line($0))" }
            if group.sensors.count > 12 { lines.append("    … and \(group.sensors.count - 12) more") }
        }
        if outline.groups.count > 10 { lines.append("  … and \(outline.groups.count - 10) more") }
        lines += [
            "",
            "It keeps some \(outline.samples) samples, \(size(outline.bytes)), shared with other rules over the same "
                + "series; its conditions remember \(outline.remembers == "0ms" ? "nothing" : outline.remembers)",
            "It runs \(outline.instructions) instructions, when a comparison comes out differently",
        ]
        return lines
    }

    /// `gauge-1  water_level in ft, silent after 5 min`
    private static func line(_ sensor: RuleOutline.Sensor) -> String {
        let unit = sensor.unit.isEmpty || sensor.unit == "1" ? "" : " in \(sensor.unit)"
        let span = TimeSpanText.spoken(TimeSpan(seconds: sensor.silentAfter) ?? .longest)
        let maintenance = sensor.maintenance.map { "; in maintenance, and left out: \($0)" } ?? ""
        return "\(sensor.device)  \(sensor.quantity)\(unit), silent after \(span)\(maintenance)"
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10_000 ? "\(bytes) bytes" : bytes < 10_000_000 ? "\(bytes / 1000) kB" : "\(bytes / 1_000_000) MB"
    }
}
