package import Diagnostics
internal import Foundation

/// Reads the files that people write, from a folder or by name.
package enum SourceFolder {
    /// All `.yaml` and `.yml` files in a folder and below, in the order of their names; or the single file at the path.
    /// - Parameters:
    ///   - what: the files' name in messages: `rules`.
    ///   - excluded: the path of a file that is left out.
    /// - Throws: ``DiagnosticList`` if there is no such path, or a file cannot be read.
    package static func files(_ path: String, what: String, except excluded: String? = nil) throws(DiagnosticList)
        -> [SourceFile]
    {
        guard let type = type(of: path) else {
            throw DiagnosticList([
                Diagnostic(id: "missing-file", "there is no file or folder \(path), where the \(what) should be")
            ])
        }
        if type != .typeDirectory { return [try file(path)] }
        // The enumerator does not follow a link to a folder.
        let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var files: [SourceFile] = []
        for name in names.sorted()
        where (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) && path + "/" + name != excluded {
            files.append(try file(path + "/" + name))
        }
        return files
    }

    /// Reads one file.
    /// - Throws: ``DiagnosticList`` if it cannot be read, or is not UTF-8.
    package static func file(_ path: String) throws(DiagnosticList) -> SourceFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            var diagnostic = Diagnostic(id: "missing-file", reasonUnreadable(path))
            diagnostic.path = path
            throw DiagnosticList([diagnostic])
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw DiagnosticList([Diagnostic(id: "not-utf8", "\(path) is not UTF-8")])
        }
        return SourceFile(name: shown(path), text: text)
    }

    private static func reasonUnreadable(_ path: String) -> String {
        guard let type = type(of: path) else { return "there is no file \(path)" }
        return type == .typeDirectory
            ? "\(path) is a folder, but a file is expected" : "this user may not read \(path)"
    }

    /// The type of a file, after following links; `nil` if there is no such file.
    private static func type(of path: String) -> FileAttributeType? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        // The only reason that matters to the callers is that the file does not exist.
        return (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
    }

    /// The path relative to the current folder, if it is below it.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
