/// Checks the order of the manifest: a target depends only on targets above it, and has a folder in `Sources`.
enum ModuleOrder {
    static func findings(_ tree: SourceTree) -> [Finding] {
        var findings: [Finding] = []
        var above: Set<String> = []
        for target in tree.manifest.targets {
            for dependency in target.targets where !above.contains(dependency) {
                findings.append(
                    Finding(
                        file: "Package.swift", line: target.line,
                        what: "\(target.name) depends on \(dependency), which is not above it",
                        remedy: "reverse the dependency, or move the code that both need to a target above both"))
            }
            above.insert(target.name)
        }
        let folders = Set(tree.modules)
        let targets = tree.manifest.targets.filter(\.isInSources)
        for target in targets where !folders.contains(target.name) {
            findings.append(
                Finding(
                    file: "Package.swift", line: target.line, what: "\(target.name) has no folder in Sources",
                    remedy: "add the folder, or remove the target"))
        }
        for folder in tree.modules where !targets.contains(where: { $0.name == folder }) {
            findings.append(
                Finding(
                    file: "Sources/\(folder)", line: 1, what: "the folder is not a target",
                    remedy: "add it to Package.swift, in the order in which data meets it"))
        }
        return findings
    }
}
