import Diagnostics
import Foundation
import Store
import Telemetry

/// The quality of one sensor's data as `tocsin quality` shows it. The measures are percentages.
struct QualityLine: Encodable {
    /// The day by the site's clock; `nil` for a span until now.
    var day: String?
    var device: String
    var quantity: String
    var grade: String
    /// The measure that the grade follows from.
    var worst: String?
    var completeness: Double?
    var timeliness: Double?
    var validity: Double?
    var accuracy: Double?
    var stability: Double?
    var expected: Int?
    var received: Int
    var failed: Int
    var suspect: Int
    var notEvaluated: Int
    var late: Int
    var clockReplaced: Int
    var contradicted: Int?
    var missingMessages: Int?
    /// In seconds.
    var delayMedian: Double?
    var delayP95: Double?

    init(_ record: QualityDay) {
        func percent(_ measure: QualityDay.Measure) -> Double? {
            record.part(measure).map { ($0 * 1000).rounded() / 10 }
        }
        day = record.day.isEmpty ? nil : record.day
        (device, quantity, grade) = (record.device, record.quantity, record.grade)
        worst = record.worst?.measure.rawValue
        (completeness, timeliness, validity) = (percent(.completeness), percent(.timeliness), percent(.validity))
        (accuracy, stability) = (percent(.accuracy), percent(.stability))
        (expected, received, failed, suspect) = (record.expected, record.received, record.failed, record.suspect)
        (notEvaluated, late, clockReplaced) = (record.notEvaluated, record.late, record.clockReplaced)
        (contradicted, missingMessages) = (record.contradicted, record.missingMessages)
        (delayMedian, delayP95) = (record.delayMedian, record.delayP95)
    }
}

/// Shows the quality of data in columns.
struct QualityTable {
    let showsDays: Bool
    let paint: TextPaint

    func lines(_ lines: [QualityLine]) -> [String] {
        let rows = lines.map(cells)
        let head =
            (showsDays ? ["day"] : []) + [
                "device", "quantity", "grade", "complete", "in time", "valid", "accurate", "stable", "delay",
                "readings",
            ]
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        func text(_ cells: [String]) -> String {
            zip(cells, widths).map { Terminal.padded($0, $1) }.joined(separator: "  ")
        }
        return [text(head)]
            + zip(lines, rows).map { line, row in
                let text = ControlCharacters.escaped(text(row))
                return ["D", "E"].contains(line.grade) ? paint(.boldRed, text) : text
            }
    }

    private func cells(_ line: QualityLine) -> [String] {
        func percent(_ value: Double?, _ measure: QualityDay.Measure) -> String {
            guard let value else { return "-" }
            return "\(NumberText.short(value)) %" + (line.worst == measure.rawValue && value < 98 ? " !" : "")
        }
        let delay = line.delayMedian.map { median in
            [median, line.delayP95 ?? median].map { SiteClock.span(TimeSpan(nanoseconds: Int64($0 * 1e9))) }
                .joined(separator: ", ")
        }
        let readings = line.expected.map { "\(line.received) of \($0)" } ?? "\(line.received)"
        return (showsDays ? [line.day ?? ""] : []) + [
            line.device, line.quantity, line.grade, percent(line.completeness, .completeness),
            percent(line.timeliness, .timeliness), percent(line.validity, .validity),
            percent(line.accuracy, .accuracy), percent(line.stability, .stability), delay ?? "-", readings,
        ]
    }
}
