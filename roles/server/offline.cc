#include "offline.h"

#include <array>
#include <cstdio>

#include "config.h"

namespace kontena::server {
namespace {

constexpr std::array table{
    settings::Setting{"data_dir", "--data-dir", "KONTENA_DATA_DIR", settings::Kind::text, "DIR",
                      "/var/lib/kontena-server", 0, 0, "where state, keys and the first tokens are kept"},
};

}  // namespace

int complain_offline(const std::string& command, const Error& error) {
  std::fprintf(stderr, "kontena server %s: %s\n", command.c_str(), error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return exit_status(error.code);
}

std::variant<Offline, int> read_offline(const std::string& command, std::span<const std::string> arguments,
                                        const settings::Environment& environment, const char* usage,
                                        std::size_t words) {
  Offline read;
  std::vector<std::string> flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(usage, stdout);
      return 0;
    }
    if (argument == "-" || !argument.starts_with('-')) {
      read.words.push_back(argument);
      continue;
    }
    flags.push_back(argument);
    if (argument == "--data-dir" && i + 1 < arguments.size()) flags.push_back(arguments[++i]);
  }
  const auto values = settings::read(table, flags, environment, {});
  if (!values) return complain_offline(command, values.error());
  if (read.words.size() != words) {
    std::fputs(usage, stderr);
    return exit_status(Code::invalid_argument);
  }
  read.data_dir = data_dir(*values, environment);
  return read;
}

}  // namespace kontena::server
