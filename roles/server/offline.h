#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kontena/base/settings.h"

// What the commands on a stopped server have in common: `restore` and `check`.
namespace kontena::server {

struct Offline {
  std::string data_dir;
  std::vector<std::string> words;  // what is no option
};

// Reads the options, or gives the exit status where help was asked for or given.
std::variant<Offline, int> read_offline(const std::string& command, std::span<const std::string> arguments,
                                        const settings::Environment&, const char* usage, std::size_t words);

// Says it on standard error, and returns the exit status of the error's kind.
int complain_offline(const std::string& command, const Error&);

}  // namespace kontena::server
