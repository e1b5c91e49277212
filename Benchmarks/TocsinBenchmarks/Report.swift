import Foundation

/// One measured line: a value, and where there is one, the reference that was measured in the same run.
struct Line: Encodable {
    var name: String
    var value: Double
    var unit: String
    var reference: Double?
    var ratio: Double?

    init(_ name: String, _ value: Double, _ unit: String, reference: Double? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.reference = reference
        ratio = reference.flatMap { $0 > 0 ? value / $0 : nil }
    }
}

/// Prints the lines as a table, and writes them as JSON.
enum Report {
    static func show(_ lines: [Line], file: String) throws {
        let width = lines.map(\.name.count).max() ?? 0
        func cell(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func number(_ value: Double?) -> String {
            guard let value else { return "" }
            return value >= 100 ? String(format: "%.0f", value) : String(format: "%.2f", value)
        }
        print(
            "\n" + "measured".padding(toLength: width, withPad: " ", startingAt: 0) + cell("value", 14)
                + cell("reference", 12)
                + cell("ratio", 8) + "  unit")
        for line in lines {
            print(
                line.name.padding(toLength: width, withPad: " ", startingAt: 0) + cell(number(line.value), 14)
                    + cell(number(line.reference), 12)
                    + cell(number(line.ratio), 8) + "  " + line.unit)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(lines).write(to: URL(fileURLWithPath: file))
        print("\nwritten to \(file)")
    }
}
