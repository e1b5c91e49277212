/// Checks the table "to change … look in" of CONTRIBUTING.md: each path in backticks exists.
enum ContributingTable {
    static let path = "CONTRIBUTING.md"
    static let heading = "| to change | look in |"

    static func findings(_ tree: SourceTree) -> [Finding] {
        findings(tree.contributing, files: tree.paths, exists: tree.exists)
    }

    /// - Parameters:
    ///   - files: The paths of the Swift files, relative to the repository's root.
    ///   - exists: Says whether a file or a folder exists at a path.
    static func findings(_ text: String, files: [String], exists: (String) -> Bool) -> [Finding] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let heading = lines.firstIndex(where: { $0.hasPrefix(Self.heading) }) else {
            return [
                Finding(
                    file: path, line: 1, what: "there is no table '\(Self.heading)'",
                    remedy: "add the table, or change the heading here")
            ]
        }
        var findings: [Finding] = []
        for (index, line) in lines.enumerated().dropFirst(heading + 2) {
            guard line.hasPrefix("|") else { break }
            let names = quoted(line)
            let paths = names.filter { $0.contains("/") }
            for name in names where !exists(name) && !isPart(name, of: paths, files: files) {
                findings.append(
                    Finding(
                        file: path, line: index + 1, what: "'\(name)' does not exist",
                        remedy: "write the new path"))
            }
        }
        return findings
    }

    private static func quoted(_ line: Substring) -> [String] {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }

    /// Whether a word without a slash names a folder or a file (a phase, a type) inside one of the row's paths.
    private static func isPart(_ name: String, of paths: [String], files: [String]) -> Bool {
        guard !name.contains("/") else { return false }
        return files.contains { file in
            paths.contains { file.hasPrefix($0) }
                && (file.contains("/" + name + "/") || file.hasSuffix("/" + name + ".swift"))
        }
    }
}
