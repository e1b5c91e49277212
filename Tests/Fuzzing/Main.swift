import Foundation
import TestSupport

/// Gives a ``FuzzTarget`` the files that are named, which repeats what was found; built with libFuzzer (scripts/fuzz),
/// lets it drive the target.
@main
enum Main {
    static func main() {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " | ")
        let name =
            ProcessInfo.processInfo.environment["TOCSIN_FUZZ_TARGET"] ?? CommandLine.arguments.dropFirst().first ?? ""
        if name == "dictionary" { return printDictionary() }
        guard let target = FuzzTarget(rawValue: name) else {
            print("usage: TocsinFuzz \(names) FILE…, or TocsinFuzz dictionary")
            exit(64)
        }
        #if FUZZER
            var count = CommandLine.argc
            var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
            // The target's name goes by way of the environment.
            exit(runFuzzer(&count, &arguments, takeInput))
        #endif
        for name in CommandLine.arguments.dropFirst(2) {
            guard let data = FileManager.default.contents(atPath: name) else {
                print("\(name) cannot be read")
                exit(66)
            }
            data.withUnsafeBytes { target.take($0) }
            print("\(name): taken or refused")
        }
    }

    /// The numbers at which sums break, in libFuzzer's format for words that it is to try.
    private static func printDictionary() {
        for number in EdgeNumbers.json { print("\"\(number.replacing("\"", with: "\\\""))\"") }
    }
}

#if FUZZER
    /// libFuzzer's own loop (<https://llvm.org/docs/LibFuzzer.html>, "Using libFuzzer as a library").
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runFuzzer(
        _ count: UnsafeMutablePointer<Int32>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32

    private let target = FuzzTarget(rawValue: ProcessInfo.processInfo.environment["TOCSIN_FUZZ_TARGET"] ?? "") ?? .json

    /// What libFuzzer calls with each input.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func takeInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
        target.take(UnsafeRawBufferPointer(start: data, count: size))
        return 0
    }
#endif
