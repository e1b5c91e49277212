import Foundation
import Store

/// The lines of an exported audit chain.
enum AuditFile {
    static let format = "tocsin.audit/1"

    /// The first line.
    struct Header: Codable {
        var format: String
        /// The record before the first one of the file.
        var after: AuditHead
    }

    struct Line: Codable {
        var hash: String
        var record: String
    }

    /// Reads a line; `nil` for one that cannot be read.
    static func read<Value: Decodable>(_ line: Data, as type: Value.Type) -> Value? {
        // The reason why a line cannot be read does not matter: the verifier counts it as a fault.
        try? JSONDecoder().decode(type, from: line)
    }
}
