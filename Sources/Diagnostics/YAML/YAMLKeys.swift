internal import CYaml

/// Checks the keys of a YAML file before Yams builds anything from it.
///
/// Yams compares whole keys of a mapping with each other. If a key is an alias, a list or a mapping, a file of a few
/// lines can make Yams compare billions of values. Our files never have such a key. Yams also reports only one location
/// of a key that occurs twice.
enum YAMLKeys {
    /// A line and a column, from 1.
    typealias Mark = (line: Int, column: Int)

    enum Fault {
        case notText(at: Mark)
        case duplicate(String, first: Mark, second: Mark)
    }

    /// The role of the next node of a collection.
    private enum Expected {
        case item
        case key(known: [String: Mark])
        case value(known: [String: Mark])

        /// The role of the node after this one.
        var next: Expected {
            switch self {
            case .item: .item
            case .key(let known): .value(known: known)
            case .value(let known): .key(known: known)
            }
        }
    }

    /// Returns the first key that is not a text, or that occurs twice in its mapping. Returns `nil` also if the file is
    /// not YAML, which the parser will report. Complexity: one pass over the text.
    static func firstFault(in text: String) -> Fault? {
        var text = text
        return text.withUTF8 { bytes in
            var parser = unsafe yaml_parser_t()
            guard unsafe yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { unsafe yaml_parser_delete(&parser) }
            unsafe yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            unsafe yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            // The role of the next node in each open collection, the innermost last.
            var stack: [Expected] = []
            func nodeHasEnded() {
                if let last = stack.popLast() { stack.append(last.next) }
            }
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { unsafe yaml_event_delete(&event) }
                let (type, mark) = unsafe (
                    event.type, (Int(event.start_mark.line) + 1, Int(event.start_mark.column) + 1) as Mark
                )
                if case .key? = stack.last {
                    switch type {
                    case YAML_ALIAS_EVENT, YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
                        return .notText(at: mark)
                    case YAML_SCALAR_EVENT:
                        let scalar = unsafe UnsafeBufferPointer(
                            start: event.data.scalar.value, count: event.data.scalar.length)
                        let key = unsafe String(decoding: scalar, as: UTF8.self)
                        // Take the dictionary out of the stack, so that it is changed without a copy.
                        guard case .key(var known)? = stack.popLast() else { return nil }
                        if let first = known.updateValue(mark, forKey: key) {
                            return .duplicate(key, first: first, second: mark)
                        }
                        stack.append(.key(known: known))
                    default: break
                    }
                }
                switch type {
                case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return nil
                case YAML_SEQUENCE_START_EVENT: stack.append(.item)
                case YAML_MAPPING_START_EVENT: stack.append(.key(known: [:]))
                case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
                    stack.removeLast()
                    nodeHasEnded()
                case YAML_SCALAR_EVENT, YAML_ALIAS_EVENT: nodeHasEnded()
                default: break
                }
            }
        }
    }
}
