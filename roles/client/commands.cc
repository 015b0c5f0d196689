#include "commands.h"

#include <algorithm>
#include <array>

#include "commands_a_to_k.h"
#include "commands_inside.h"
#include "commands_l_to_z.h"
#include "commands_people.h"
#include "commands_watch.h"
#include "options.h"

namespace kontena::client {
namespace {

// One table in order of the words, of all files.
constexpr auto table = [] {
  std::array<Command, rows::a_to_k.size() + rows::l_to_z.size() + rows::people.size() + rows::watch.size() + rows::inside.size()> all{};
  std::ranges::copy(rows::inside, std::ranges::copy(rows::watch, std::ranges::copy(rows::people, std::ranges::copy(rows::l_to_z, std::ranges::copy(rows::a_to_k, all.begin()).out).out).out).out);
  std::ranges::sort(all, {}, &Command::words);
  return all;
}();
static_assert(std::ranges::is_sorted(table, {}, &Command::words));
static_assert(std::ranges::all_of(table,
                                  [](const Command& c) {
                                    return !c.help.empty() && std::ranges::count(c.examples, '\n') + 1 >= 2;
                                  }),
              "each command does something, says what, and shows it by two examples");
static_assert(std::ranges::all_of(table, [](const Command& c) {
  return std::ranges::all_of(c.options, [](const Option& o) { return o.name.starts_with("--") && !o.help.empty(); });
}));

}  // namespace

std::span<const Command> commands() { return table; }
std::span<const Option> global_options() { return options::globals; }

const Command* find_command(std::string_view words) {
  const auto found = std::ranges::lower_bound(table, words, {}, &Command::words);
  return found != table.end() && found->words == words ? &*found : nullptr;
}

}  // namespace kontena::client
