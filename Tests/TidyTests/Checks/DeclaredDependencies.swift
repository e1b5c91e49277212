/// Checks that each target declares the dependencies that its files import, and no others.
enum DeclaredDependencies {
    static func findings(_ tree: SourceTree) -> [Finding] {
        let manifest = tree.manifest
        let products = manifest.products
        let names = Set(manifest.targets.map(\.name))
        var findings: [Finding] = []
        for target in manifest.targets {
            let files = tree.files.filter { manifest.target(of: $0.path)?.name == target.name }
            let declared = Set(target.targets + target.products)
            var imported: Set<String> = []
            for file in files {
                for found in ImportedModule.all(in: file) {
                    imported.insert(found.module)
                    guard products.contains(found.module) || names.contains(found.module),
                        !declared.contains(found.module)
                    else { continue }
                    findings.append(
                        Finding(
                            file: file.path, line: found.line,
                            what: "\(target.name) imports \(found.module) and does not depend on it",
                            remedy: "add it to the dependencies of \(target.name) in Package.swift"))
                }
            }
            // The imports of a target without Swift files are not known.
            guard !files.isEmpty else { continue }
            for unused in declared.subtracting(imported).sorted() {
                // Tests depend on an executable so that it is built: they start it as a process.
                if !target.isInSources, manifest.target(named: unused)?.kind == .executable { continue }
                findings.append(
                    Finding(
                        file: "Package.swift", line: target.line, what: "no file of \(target.name) imports \(unused)",
                        remedy: "remove it from the dependencies of \(target.name)"))
            }
        }
        return findings
    }
}
