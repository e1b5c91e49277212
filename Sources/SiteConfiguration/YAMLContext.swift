internal import Foundation

/// The context of a configuration file: the folder of relative paths, and the environment of secrets.
struct YAMLContext {
    /// The gateway's client identifier, the prefix of those of its other connections.
    var client = "tocsin"
    let folder: URL
    let environment: [String: String]

    /// The absolute path of a path in the file.
    func path(_ text: String) -> String {
        text.hasPrefix("/") ? text : folder.appendingPathComponent(text).standardizedFileURL.path
    }
}
