internal import Diagnostics

extension MessageLayout {
    /// Reports pointers and names of calculations that can never be in a payload, where all of its names are known.
    func checkNames(_ fields: [(field: Profile.Field, location: SourceLocation)], _ reader: inout YAMLReader) {
        let known: Set<String>
        switch format {
        case .binary(let layout):
            known = items.map { layout.names(inside: $0) } ?? layout.names
        case .csv(let layout): known = Set(layout.columns.map { String(decoding: $0, as: UTF8.self) })
        case .json, .senml, .senmlCBOR, .text, .keyValue, .sparkplug: return
        }
        for (field, location) in fields {
            for name in field.places.flatMap(\.names) where !known.contains(name) {
                reader.report(
                    "unknown-field", "the payload has no '\(name)'", at: location,
                    hint: NearMiss.hint(for: name, among: known))
            }
        }
    }
}

extension Profile.Place {
    /// The names of the members that the place and its calculations need.
    fileprivate var names: [String] {
        var pointers = [rule.valid, rule.expression].compactMap(\.self).flatMap(\.pointers)
        switch source {
        case .value(let pointer): pointers.append(pointer)
        case .samples(let array): pointers.append(array.pointer)
        case .record, .link, .gap, .clock, .plausibility, .neighbours, .calibration: break
        }
        return pointers.compactMap { $0.description.split(separator: "/").first.map(String.init) }
    }
}

extension BinaryLayout {
    /// The names of the members that its payloads are rewritten with.
    fileprivate var names: Set<String> { Self.names(of: nodes) }

    /// The names of the members of the objects of an array.
    fileprivate func names(inside array: JSONPointer) -> Set<String> {
        func find(_ nodes: [Node]) -> Set<String> {
            nodes.reduce(into: []) { found, node in
                switch node {
                case .repeated(let name, _, _, let fields):
                    let isIt = array.description == "/" + String(decoding: name, as: UTF8.self)
                    found.formUnion(isIt ? Self.names(of: fields) : [])
                case .group(_, let fields): found.formUnion(find(fields))
                case .choice(let choice): for fields in choice.cases.values { found.formUnion(find(fields)) }
                case .number, .hex, .text, .skip, .seek: break
                }
            }
        }
        return find(nodes)
    }

    private static func names(of nodes: [Node]) -> Set<String> {
        var found: Set<[UInt8]> = []
        var inner: Set<String> = []
        for node in nodes {
            switch node {
            case .number(let number): found.formUnion([number.name] + number.bits.map(\.name))
            case .hex(let name, _), .text(let name, _): found.insert(name)
            case .skip, .seek: break
            case .group(_, let fields): inner.formUnion(names(of: fields))
            case .repeated(let name, _, _, _): found.insert(name)
            case .choice(let choice): for fields in choice.cases.values { inner.formUnion(names(of: fields)) }
            }
        }
        return inner.union(found.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) })
    }
}
