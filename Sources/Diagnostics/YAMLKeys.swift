internal import CYaml

/// Looks at the keys of a YAML file before anything is built of it.
///
/// Yams compares the keys of a mapping with each other as a whole. A key that is an alias, a list or a mapping may
/// stand for billions of values that way, in a file of a few lines, and no file of ours has such a key. Of a key that
/// stands twice Yams tells one place.
enum YAMLKeys {
    /// A line and a column, from 1.
    typealias Mark = (line: Int, column: Int)

    enum Fault {
        case notText(at: Mark)
        case duplicate(String, first: Mark, second: Mark)
    }

    private enum Place {
        case item
        case key(known: [String: Mark])
        case value(known: [String: Mark])

        /// Where the next node stands once one has ended.
        var next: Place {
            switch self {
            case .item: .item
            case .key(let known): .value(known: known)
            case .value(let known): .key(known: known)
            }
        }
    }

    /// The first key that is not a text, or that stands twice in its mapping; `nil` also where the file is not YAML,
    /// which the parser will say. Complexity: one pass over the text.
    static func firstFault(in text: String) -> Fault? {
        var text = text
        return text.withUTF8 { bytes in
            var parser = unsafe yaml_parser_t()
            guard unsafe yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { unsafe yaml_parser_delete(&parser) }
            unsafe yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            unsafe yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            // Where in which collection the next node stands, the innermost last.
            var places: [Place] = []
            func nodeHasEnded() {
                if let last = places.popLast() { places.append(last.next) }
            }
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { unsafe yaml_event_delete(&event) }
                let (type, mark) = unsafe (
                    event.type, (Int(event.start_mark.line) + 1, Int(event.start_mark.column) + 1) as Mark
                )
                if case .key? = places.last {
                    switch type {
                    case YAML_ALIAS_EVENT, YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
                        return .notText(at: mark)
                    case YAML_SCALAR_EVENT:
                        let scalar = unsafe UnsafeBufferPointer(
                            start: event.data.scalar.value, count: event.data.scalar.length)
                        let key = unsafe String(decoding: scalar, as: UTF8.self)
                        // Taken out of the list, so that nothing is copied.
                        guard case .key(var known)? = places.popLast() else { return nil }
                        if let first = known.updateValue(mark, forKey: key) {
                            return .duplicate(key, first: first, second: mark)
                        }
                        places.append(.key(known: known))
                    default: break
                    }
                }
                switch type {
                case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return nil
                case YAML_SEQUENCE_START_EVENT: places.append(.item)
                case YAML_MAPPING_START_EVENT: places.append(.key(known: [:]))
                case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
                    places.removeLast()
                    nodeHasEnded()
                case YAML_SCALAR_EVENT, YAML_ALIAS_EVENT: nodeHasEnded()
                default: break
                }
            }
        }
    }
}
