import Diagnostics
import Discovery
import Telemetry

/// Shows groups of topics: a line of columns, the sample below it, and what is not sure.
struct DiscoveryTable {
    /// The columns of a terminal; `nil` if lines may have any length.
    let width: Int?
    let paint: TextPaint

    private static let gap = "  "
    private static let indent = "    "
    /// The longest sample without a terminal. `--json` has all that is kept.
    private static let sampleMax = 200

    private static let namesMax = 5
    private static let reasonsMax = 3

    private struct Row {
        var cells: [String]
        var group: TopicGroup
    }

    func lines(_ discovery: Discovery) -> [String] {
        let groups = discovery.groups.filter { $0.family.role == .readings || $0.family.role == .availability }
        let others = discovery.groups.filter { $0.family.role != .readings && $0.family.role != .availability }
        let head = ["TOPIC", "DEVICES", "RATE", "FAMILY", "PROFILE"]
        let rows = (groups + others).map { Row(cells: Self.cells($0), group: $0) }
        let widths = widths([head] + rows.map(\.cells))
        return [paint(.bold, text(head, widths))] + rows.flatMap { lines($0, widths) }
    }

    private static func cells(_ group: TopicGroup) -> [String] {
        let names = group.profile.names
        var profile = names.isEmpty ? "-" : names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
        if !names.isEmpty, group.profile.certainty == .unsure { profile = "? " + profile }
        let family =
            (group.family.certainty == .unsure && !group.family.family.isForm ? "? " : "") + group.family.family.name
        return [group.pattern, "\(group.devices)", group.rate, family, profile].map(ControlCharacters.escaped)
    }

    /// The widths of the columns: what their cells need, or shares of a terminal.
    private func widths(_ rows: [[String]]) -> [Int] {
        let needed = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        guard let width else { return needed }
        var widths = needed
        widths[3] = min(needed[3], 18)
        widths[4] = min(needed[4], max(14, width / 3))
        let rest = width - widths[1...].reduce(0, +) - 4 * Self.gap.count
        widths[0] = min(needed[0], max(12, rest))
        // A narrow terminal has no room for all: the profile gives way.
        widths[4] = max(4, min(widths[4], width - widths[..<4].reduce(0, +) - 4 * Self.gap.count))
        return widths
    }

    private func text(_ cells: [String], _ widths: [Int]) -> String {
        let columns = zip(cells, widths).map { Terminal.padded(Terminal.cut($0, to: $1), $1) }
        return Terminal.cut(
            String(columns.joined(separator: Self.gap).reversed().drop { $0 == " " }.reversed()), to: width)
    }

    private func lines(_ row: Row, _ widths: [Int]) -> [String] {
        var lines: [String] = []
        var cells = row.cells
        if cells[0].count > widths[0] {
            // The part of a topic that is cut off may be the one that names the device.
            lines.append(paint(style(row.group), Terminal.cut(cells[0], to: width)))
            cells[0] = ""
        }
        lines.append(paint(style(row.group), text(cells, widths)))
        if let sample = row.group.shown.sample {
            let room = width.map { $0 - Self.indent.count } ?? Self.sampleMax
            lines.append(Self.indent + paint(.faint, Terminal.cut(SampleText.line(sample), to: room)))
        }
        for remark in Self.remarks(row.group) {
            let parts = Terminal.wrapped(ControlCharacters.escaped(remark), to: width.map { $0 - Self.indent.count })
            lines += parts.map { Self.indent + $0 }
        }
        return lines
    }

    private func style(_ group: TopicGroup) -> TextPaint.Style {
        guard group.family.role == .readings else { return .faint }
        if group.profile.names.isEmpty { return .bold }
        return group.profile.certainty == .unsure ? .boldYellow : .boldGreen
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(namesMax).joined(separator: ", ") + (names.count > namesMax ? ", …" : "")
    }

    /// Sentences about what is not certain.
    static func remarks(_ group: TopicGroup) -> [String] {
        var remarks: [String] = []
        if group.isRetainedOnly, group.family.role == .readings {
            remarks.append("retained only, perhaps dead: the broker had kept it, and nothing new came")
        }
        if group.family.certainty != .certain {
            remarks.append("family \(group.family.certainty.rawValue): \(group.family.reason)")
        }
        if !group.models.isEmpty {
            remarks.append("model: \(list(group.models))")
        }
        if !group.known.isEmpty { remarks.append("in the inventory as \(list(group.known))") }
        guard group.family.role == .readings else { return remarks }
        let profile = group.profile
        if profile.names.isEmpty || profile.certainty != .certain {
            let reasons = group.profileReasons
            let start = profile.names.isEmpty ? "" : "profile \(profile.certainty.rawValue): "
            remarks += reasons.prefix(reasonsMax).map { start + $0 }
            if reasons.count > reasonsMax {
                remarks.append("and \(reasons.count - reasonsMax) more reasons: see --json")
            }
        }
        if !profile.names.isEmpty, !profile.unread.isEmpty {
            remarks.append("not read by the profile: \(profile.unread.joined(separator: ", "))")
        }
        return remarks
    }
}
