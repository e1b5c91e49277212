import Devices
import Diagnostics
import Foundation
import TestSupport

/// The profiles that come with the project.
enum ShippedProfiles {
    static func files() throws -> [SourceFile] {
        let folder = "Devices/profiles"
        let names = FileManager.default.enumerator(atPath: "\(RepositoryRoot.path)/\(folder)")?
            .compactMap { $0 as? String }
        return try (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
            .map { try RepositoryRoot.file("\(folder)/\($0)") }
    }

    static func all() throws -> [Profile] { try files().map { try Profile.read($0) } }
}
