internal import Diagnostics
internal import Foundation
internal import MQTT

extension Secret {
    /// Warns of a secret that every user of the machine can reach.
    static func warnIfOpen(_ path: String, _ reader: inout YAMLReader, at location: SourceLocation) {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        // A file without attributes cannot be read, which is reported where it is read.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            let permissions = attributes[.posixPermissions] as? NSNumber, permissions.intValue & 0o007 != 0
        else { return }
        reader.warn(
            "open-secret", "every user of this machine can access the secret in \(path)", at: location,
            hint: "chmod o= \(path)")
    }

    /// Reads the file of `<name>_file`, or the environment variable of `<name>_env`. A configuration never contains the
    /// secret itself.
    static func read(_ reader: inout YAMLReader, _ name: String, _ context: YAMLContext) -> Secret? {
        let file = reader.scalar("\(name)_file")
        let variable = reader.scalar("\(name)_env")
        if let file {
            let path = context.path(file.string)
            guard let secret = Secret(file: path) else {
                reader.report(
                    "unreadable-file", "the file \(path) of '\(name)_file' cannot be read", at: file.location)
                return nil
            }
            warnIfOpen(path, &reader, at: file.location)
            return secret
        }
        if let variable {
            guard let text = context.environment[variable.string] else {
                reader.report(
                    "missing-secret", "the environment has no variable '\(variable.string)'", at: variable.location)
                return nil
            }
            return Secret(text)
        }
        return nil
    }
}
