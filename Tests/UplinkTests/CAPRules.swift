import Foundation
import FoundationXML
import POSIX
import TestSupport

/// What the specification of CAP 1.2 demands and its schema cannot say, written down apart from the code that makes
/// messages (the numbers are those of the specification's paragraphs).
enum CAPRules {
    /// What is wrong with a message. `known` are the messages before it, as `sender,identifier,sent`.
    static func faults(_ xml: Data, known: Set<String>? = nil) throws -> [String] {
        guard let root = try XMLDocument(data: xml).rootElement() else { return ["no root"] }
        var faults: [String] = []
        func all(_ name: String, _ element: XMLElement) -> [String] {
            element.named(name).map { ($0.stringValue ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        func text(_ name: String, _ element: XMLElement? = nil) -> String? { all(name, element ?? root).first }
        // 3.2.1
        for name in ["identifier", "sender"] {
            let value = text(name) ?? ""
            if value.isEmpty || value.contains(where: { $0.isWhitespace || $0 == "," || $0 == "<" || $0 == "&" }) {
                faults.append("\(name) '\(value)' is empty, or has a space, a comma, < or &")
            }
        }
        let kind = text("msgType") ?? ""
        let references = (text("references") ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        if ["Update", "Cancel", "Ack", "Error"].contains(kind), references.isEmpty {
            faults.append("\(kind) refers to no message")
        }
        if !root.named("references").isEmpty, references.isEmpty { faults.append("references are there and empty") }
        for reference in references {
            if reference.split(separator: ",", omittingEmptySubsequences: false).count != 3 {
                faults.append("'\(reference)' is no reference")
            }
            if let known, !known.contains(reference) {
                faults.append("'\(reference)' refers to no message that was sent")
            }
        }
        if kind == "Error", (text("note") ?? "").isEmpty { faults.append("an Error says nothing in note") }
        if text("status") == "Exercise", (text("note") ?? "").isEmpty {
            faults.append("an Exercise is not described in note")
        }
        if text("scope") == "Restricted", (text("restriction") ?? "").isEmpty {
            faults.append("Restricted without a restriction")
        }
        if text("scope") == "Private", (text("addresses") ?? "").isEmpty { faults.append("Private without addresses") }
        let times =
            ["sent"].compactMap { text($0) }
            + root.named("info").flatMap { info in
                ["effective", "onset", "expires"].flatMap { all($0, info) }
            }
        // 3.3.2
        for time in times where time.hasSuffix("Z") || time.hasSuffix("+00:00") {
            faults.append("UTC is written -00:00, and not \(time)")
        }
        for info in root.named("info") {
            if let sent = text("sent"), let expires = text("expires", info), let a = date(sent), let b = date(expires),
                b <= a
            {
                faults.append("it expires at \(expires), before it is sent")
            }
            for area in info.named("area") {
                for polygon in all("polygon", area) { faults += polygonFaults(polygon) }
                for circle in all("circle", area) {
                    let parts = circle.split(separator: " ")
                    if parts.count != 2 || !isPoint(parts[0]) || (Double(parts[1]) ?? -1) < 0 {
                        faults.append("'\(circle)' is no circle")
                    }
                }
                if !all("ceiling", area).isEmpty, all("altitude", area).isEmpty {
                    faults.append("a ceiling without an altitude")
                }
            }
        }
        // One event in several languages has one grade.
        for name in ["category", "urgency", "severity", "certainty"]
        where Set(root.named("info").map { all(name, $0) }).count > 1 {
            faults.append("\(name) differs between the languages")
        }
        return faults
    }

    /// How later messages refer to it.
    static func reference(_ xml: Data) throws -> String {
        let root = try XMLDocument(data: xml).rootElement()
        return ["sender", "identifier", "sent"].map { root?.named($0).first?.stringValue ?? "" }.joined(separator: ",")
    }

    /// What xmllint says against the OASIS schema; empty if it is valid.
    static func schemaFaults(_ file: String) throws -> String {
        let folder = try TemporaryFolder()
        let schema = RepositoryRoot.path + "/Tests/Conformance/cap/cap12.xsd"
        let child = try Subprocess(
            "/usr/bin/xmllint", ["--noout", "--schema", schema, file], output: folder.file("out"),
            errors: folder.file("out"))
        let code = child.wait()
        return code == 0
            ? "" : (try? String(contentsOfFile: folder.file("out"), encoding: .utf8)) ?? "xmllint ended with \(code)"
    }

    private static func polygonFaults(_ polygon: String) -> [String] {
        let points = polygon.split(whereSeparator: \.isWhitespace)
        if points.count < 4 { return ["a polygon of \(points.count) points"] }
        if points.first != points.last { return ["a polygon that is not closed"] }
        return points.contains { !isPoint($0) } ? ["'\(polygon)' has a point off the earth"] : []
    }

    private static func isPoint(_ text: Substring) -> Bool {
        let parts = text.split(separator: ",").map { Double($0) }
        guard parts.count == 2, let latitude = parts[0], let longitude = parts[1] else { return false }
        return abs(latitude) <= 90 && abs(longitude) <= 180
    }

    private static func date(_ text: String) -> Date? {
        ISO8601DateFormatter().date(from: text.replacing("-00:00", with: "Z"))
    }
}

extension XMLElement {
    /// The elements in it of a name, whatever their namespace's prefix.
    fileprivate func named(_ name: String) -> [XMLElement] {
        (children ?? []).compactMap { $0 as? XMLElement }.filter { $0.localName == name }
    }
}
