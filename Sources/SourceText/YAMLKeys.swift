internal import CYaml

/// Looks at the keys of a YAML file before anything is built of it.
///
/// Yams compares the keys of a mapping with each other as a whole. A key that is an alias, a list or a mapping may stand for billions
/// of values that way, in a file of a few lines, and no file of ours has such a key.
enum YAMLKeys {
    private enum Place { case item, key, value }

    /// The first key that is no text: its line and column, from 1. `nil` also where the file is no YAML, which the parser will say.
    /// Complexity: one pass over the text.
    static func firstThatIsNoText(in text: String) -> (line: Int, column: Int)? {
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
                switch places.last {
                case .key?: places[places.count - 1] = .value
                case .value?: places[places.count - 1] = .key
                case .item?, nil: break
                }
            }
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { unsafe yaml_event_delete(&event) }
                let type = unsafe event.type
                if places.last == .key, [YAML_ALIAS_EVENT, YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT].contains(type) {
                    return unsafe (Int(event.start_mark.line) + 1, Int(event.start_mark.column) + 1)
                }
                switch type {
                case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return nil
                case YAML_SEQUENCE_START_EVENT: places.append(.item)
                case YAML_MAPPING_START_EVENT: places.append(.key)
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
