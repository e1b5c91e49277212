import Foundation

/// Drives one ``FuzzTarget`` with libFuzzer, where it was built with it (scripts/fuzz); otherwise gives it the files that
/// are named, which repeats what was found.
@main
enum Main {
    nonisolated(unsafe) static var target = FuzzTarget.json

    static func main() {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " | ")
        guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            print("usage: TocsinFuzz \(names) FILE…")
            exit(64)
        }
        self.target = target
        #if FUZZER
            var count = CommandLine.argc - 1
            var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
            exit(
                runDriver(&count, &arguments) { data, size in
                    Main.target.take(UnsafeRawBufferPointer(start: data, count: size))
                    return 0
                })
        #else
            for name in CommandLine.arguments.dropFirst(2) {
                guard let data = FileManager.default.contents(atPath: name) else { continue }
                data.withUnsafeBytes { target.take($0) }
                print("\(name): taken or refused")
            }
        #endif
    }
}

#if FUZZER
    /// libFuzzer's own loop (<https://llvm.org/docs/LibFuzzer.html>, "Using libFuzzer as a library").
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32
#endif
