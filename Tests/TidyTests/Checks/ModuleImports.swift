/// Checks the arrows of the architecture: each module of `Sources` imports exactly the modules that its entry allows.
enum ModuleImports {
    /// Finds imports that the table does not allow, and entries of the table that no file uses.
    static func findings(_ tree: SourceTree, allowed: [String: Set<String>] = AllowedImports.table) -> [Finding] {
        var findings: [Finding] = []
        var used: [String: Set<String>] = [:]
        for source in tree.sources {
            guard let module = source.module else { continue }
            for imported in ImportedModule.all(in: source) {
                used[module, default: []].insert(imported.module)
                guard !allowed[module, default: []].contains(imported.module) else { continue }
                findings.append(
                    Finding(
                        file: source.path, line: imported.line, what: "\(module) may not import \(imported.module)",
                        remedy: "move the code to a module that may, or, if the architecture should allow it, "
                            + "add it in \(AllowedImports.path)"))
            }
        }
        let table = tree.files.first { $0.path == AllowedImports.path }
        for (module, imports) in allowed.sorted(by: { $0.key < $1.key }) {
            let line = table?.line(ofLiteral: module) ?? 1
            if !tree.modules.contains(module) {
                findings.append(
                    Finding(
                        file: AllowedImports.path, line: line, what: "there is no module \(module)",
                        remedy: "remove its entry"))
                continue
            }
            for unused in imports.subtracting(used[module, default: []]).sorted() {
                findings.append(
                    Finding(
                        file: AllowedImports.path, line: line, what: "no file of \(module) imports \(unused)",
                        remedy: "remove it from the entry of \(module)"))
            }
        }
        for module in Set(tree.sources.compactMap(\.module)).sorted() where allowed[module] == nil {
            findings.append(
                Finding(
                    file: AllowedImports.path, line: 1, what: "\(module) has no entry",
                    remedy: "add an entry with the modules that it may import"))
        }
        return findings
    }
}
