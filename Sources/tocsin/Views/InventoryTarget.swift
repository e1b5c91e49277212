import ArgumentParser
import Foundation

/// The file that a draft of an inventory is written to. It never replaces a file that nobody has allowed to.
struct InventoryTarget {
    private let path: String
    private let replaces: Bool

    /// Looks before a person has waited for minutes whether the file can be written.
    /// - Throws: the exit code, after printing why it cannot.
    init(_ path: String, replaces: Bool) throws {
        self.path = path
        self.replaces = replaces
        guard path != "-" else { return }
        if !replaces, FileManager.default.fileExists(atPath: path) {
            Terminal.complain("\(path) exists, and is kept: name another file, or use --force")
            throw ExitCode.failure
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            Terminal.complain(
                "\(path) cannot be written: there is no folder \(folder), or this user may not write there")
            throw ExitCode.failure
        }
    }

    /// - Throws: the exit code, after printing why the file cannot be written.
    func write(_ text: String) throws {
        if path == "-" {
            FileHandle.standardOutput.write(Data(text.utf8))
            return
        }
        do {
            // The file may have been made while we listened.
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: replaces ? .atomic : .withoutOverwriting)
        } catch {
            Terminal.complain("\(path) cannot be written: \(error.localizedDescription)")
            throw ExitCode.failure
        }
        Terminal.complain("the draft of an inventory is in \(path): check it, and see docs/devices.md")
    }
}
