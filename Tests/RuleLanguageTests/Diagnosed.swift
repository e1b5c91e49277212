import Diagnostics
import TestSupport

/// Compiles rules with mistakes, and gives what their author sees.
enum Diagnosed {
    /// A rule file with one rule, whose last keys begin in line 5.
    static func file(_ keys: String) -> String {
        let indented = keys.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        return """
            hazard: flood
            rules:
              - name: test
                for_each: station

            """ + indented
    }

    /// The diagnostics of a rule with some keys, as whole annotated texts.
    static func text(_ keys: String) -> String { text(ofFile: file(keys)) }

    static func text(ofFile text: String) -> String {
        do {
            return try SmallSite.compile(text).warnings.map { DiagnosticText.plain($0) }.joined(separator: "\n")
        } catch let list as DiagnosticList {
            return list.description
        } catch {
            return "\(error)"
        }
    }
}
