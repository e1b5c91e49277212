import Diagnostics
import Foundation

/// The files of the checkout that the tests were built from.
package enum RepositoryRoot {
    package static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    package static func file(_ name: String) throws -> SourceFile {
        SourceFile(name: name, text: try String(contentsOfFile: path + "/" + name, encoding: .utf8))
    }

    package static func files(_ folder: String) throws -> [SourceFile] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
            .map { try file(folder + "/" + $0) }
    }
}
