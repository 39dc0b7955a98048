import MynahCommands

await MynahTool.run(Array(CommandLine.arguments.dropFirst()))
