#include "client.h"

#include <algorithm>

#include "arguments.h"
#include "help.h"
#include "session.h"

namespace kontena::client {
namespace {

// Of what could not be parsed: JSON was wished for if it is among the arguments.
Look look_of_wrong(std::span<const std::string> arguments, const Outside& outside) {
  Arguments none;
  Look look = *find_look(outside, none);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& each = arguments[i];
    const bool next_json = each == "--format" && i + 1 < arguments.size() && arguments[i + 1].starts_with("json");
    if (each == "--json" || each.starts_with("--format=json") || next_json) look.format = Format::json;
  }
  return look;
}

int wrong_usage(const Parsed& parsed, std::span<const std::string> arguments, Outside& outside) {
  const Look look = look_of_wrong(arguments, outside);
  outside.err << error_text(*parsed.wrong, look);
  if (!look.machine() && parsed.command) outside.err << "usage: " << usage(*parsed.command) << '\n';
  return exit_status(parsed.wrong->code);
}

}  // namespace

int run(std::span<const std::string> arguments, Outside& outside) {
  Parsed parsed = parse(arguments, outside.environment);
  if (parsed.help && (parsed.command || !parsed.wrong || parsed.group.empty() == false)) {
    outside.out << (parsed.command ? help_of(*parsed.command) : help_of_group(parsed.group));
    return 0;
  }
  if (parsed.version && !parsed.command && !parsed.wrong) {
    outside.out << "kontena " KONTENA_VERSION "\n";
    return 0;
  }
  if (parsed.wrong) return wrong_usage(parsed, arguments, outside);
  if (!parsed.command) {  // a group, or nothing: the help is what is wanted, but not what was asked
    outside.err << help_of_group(parsed.group);
    return 2;
  }
  auto look = find_look(outside, parsed.arguments);
  const bool own_format =
      std::ranges::find(parsed.command->options, "--format", &Option::name) != parsed.command->options.end();
  if (look && look->format == Format::yaml && !own_format)
    look = Error{Code::invalid_argument, "'yaml' is no output format of this command", "table, json or jsonl"};
  if (!look) {
    outside.err << error_text(look.error(), look_of_wrong(arguments, outside)) << "usage: " << usage(*parsed.command)
                << '\n';
    return exit_status(look.error().code);
  }
  Session session(outside, *parsed.command, std::move(parsed.arguments), *look);
  const auto done = parsed.command->run(session);
  if (done) return *done;
  print_error(session, done.error());
  return exit_status(done.error().code);
}

int run(std::span<const std::string> arguments) {
  return with_real_outside([&](Outside& outside) { return run(arguments, outside); });
}

}  // namespace kontena::client
