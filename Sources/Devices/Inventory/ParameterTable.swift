internal import Diagnostics
internal import SwiftCSV
internal import Telemetry

/// The parameters of many devices in a CSV file: a row for each device, a column for each parameter.
///
///     device,flood_stage [m],bankfull [m]
///     gauge-17,3.2,2.4
///     gauge-18,2.95 m,78 in
///
/// A unit stands behind the column's name in brackets, or behind the number. An empty cell gives the device no such
/// parameter. As spreadsheets write it, the cells may be separated by semicolons or tabs, and a number may have a
/// decimal comma where the comma does not separate cells.
struct ParameterTable {
    private(set) var values: [String: [String: Amount]] = [:]
    /// The row of each device.
    private(set) var locations: [String: SourceLocation] = [:]

    private struct Column {
        var name: String
        var unit: Unit?
    }

    /// - Throws: ``DiagnosticList`` with every mistake in the file.
    init(_ file: SourceFile) throws(DiagnosticList) {
        let firstLine = file.text.prefix { !$0.isNewline }
        let delimiter: CSVDelimiter =
            firstLine.contains(";") ? .semicolon : firstLine.contains("\t") ? .tab : .comma
        guard file.text.count(where: { $0 == "\"" }).isMultiple(of: 2),
            // The library tells only that it cannot go on, which the message says.
            let csv = try? EnumeratedCSV(string: file.text, delimiter: delimiter, loadColumns: false)
        else {
            throw DiagnosticList([
                Diagnostic(
                    id: "not-csv", "this is not a CSV file: a quotation mark has no end, or is inside of a cell",
                    at: file.location(line: 1, column: 1))
            ])
        }
        var problems: [Diagnostic] = []
        let columns = Self.columns(csv.header.map(Self.trimmed), file, &problems)
        var line = 2
        for row in csv.rows {
            let location = file.location(line: line, column: 1, length: .max)
            // A cell in quotes may have several lines.
            line += 1 + row.reduce(0) { $0 + $1.count(where: \.isNewline) }
            let cells = row.map(Self.trimmed)
            guard let id = cells.first, cells.contains(where: { !$0.isEmpty }) else { continue }
            if id.isEmpty {
                problems.append(Diagnostic(id: "no-device", "this row does not name its device", at: location))
            } else if let first = locations.updateValue(location, forKey: id) {
                problems.append(
                    .duplicate(id: "duplicate-row", "rows", named: id, at: location, first: first))
            } else {
                values[id] = Self.values(
                    cells, columns, decimal: delimiter == .comma ? .point : .comma, at: location, &problems)
            }
        }
        if !problems.isEmpty { throw DiagnosticList(problems) }
    }

    /// Reads the names of the columns behind that of the device.
    private static func columns(_ header: [String], _ file: SourceFile, _ problems: inout [Diagnostic]) -> [Column] {
        let location = file.location(line: 1, column: 1, length: .max)
        if header.first != "device" {
            problems.append(
                Diagnostic(
                    id: "no-device-column", "the first column of a table of parameters is 'device'", at: location))
        }
        var seen: Set<String> = []
        return header.dropFirst().map { text in
            var column = Column(name: text, unit: nil)
            if let open = text.firstIndex(where: { "[(".contains($0) }), let last = text.last, "])".contains(last) {
                column.name = trimmed(String(text[..<open]))
                let symbol = trimmed(String(text[text.index(after: open)...].dropLast()))
                column.unit = Unit(symbol: symbol)
                if column.unit == nil {
                    problems.append(
                        Diagnostic(
                            id: "unknown-unit", "'\(symbol)' is not a unit", at: location,
                            hint: NearMiss.hint(for: symbol, among: Unit.symbols)))
                }
            }
            if let problem = problem(withName: column.name) {
                problems.append(Diagnostic(id: "bad-parameter", problem, at: location))
            } else if !seen.insert(column.name).inserted {
                problems.append(
                    Diagnostic(
                        id: "duplicate-column", "two columns have the name '\(column.name)'", at: location))
            }
            return column
        }
    }

    private static func values(
        _ cells: [String], _ columns: [Column], decimal: ValueRule.Decimal, at location: SourceLocation,
        _ problems: inout [Diagnostic]
    ) -> [String: Amount] {
        var values: [String: Amount] = [:]
        for (column, cell) in zip(columns, cells.dropFirst()) where !cell.isEmpty {
            if cell.firstMatch(of: /^-?\d{1,3},\d{3}( |$)/) != nil {
                problems.append(
                    Diagnostic(
                        id: "bad-parameter",
                        "'\(column.name)' of '\(cells[0])' is '\(cell)', which can be decimals or thousands",
                        at: location, hint: "write it without a comma"))
            } else if let amount = Amount(cell) ?? Amount(cell, decimal: decimal) {
                values[column.name] = Amount(amount.number, amount.unit ?? column.unit ?? .one)
            } else {
                problems.append(
                    Diagnostic(
                        id: "bad-parameter",
                        "'\(column.name)' of '\(cells[0])' is a number, alone or with its unit; got '\(cell)'",
                        at: location))
            }
        }
        if cells.count > columns.count + 1, cells[(columns.count + 1)...].contains(where: { !$0.isEmpty }) {
            problems.append(
                Diagnostic(
                    id: "too-many-cells", "this row has more cells than the table has columns", at: location,
                    hint: decimal == .point ? "a number with a decimal comma is two cells here" : nil))
        }
        return values
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Returns why a parameter cannot have this name; `nil` if it can: rules write it as one word.
    static func problem(withName name: String) -> String? {
        let isWord =
            name.first.map { $0.isLetter || $0 == "_" } == true
            && name.allSatisfy { $0.isLetter || $0 == "_" || $0.isASCII && $0.isNumber }
        return isWord
            ? nil : "a parameter's name is letters, digits and '_', such as flood_stage; got '\(name)'"
    }
}
