import MynahCommands

MynahTool.run(Array(CommandLine.arguments.dropFirst()))
