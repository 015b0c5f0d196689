#include <algorithm>
#include <set>

#include "kontena/base/text.h"
#include "validate.h"

namespace kontena::model {
namespace {

bool is_id(std::string_view text) {
  const auto number = text::integer(text);
  return text.empty() || (number && *number >= 0 && *number <= 0xffffffffLL);
}

}  // namespace

void check_digest(Problems& problems, const std::string& path, std::string_view digest) {
  constexpr std::string_view prefix = "sha256:";
  const std::string_view hex = digest.substr(std::min(prefix.size(), digest.size()));
  const bool well = digest.starts_with(prefix) && hex.size() == 64 &&
                    std::ranges::all_of(hex, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  problems.expect(digest.empty() || well, path, quoted(digest) + " is not sha256: and 64 hexadecimal digits");
}

void check_files(Problems& problems, const std::string& path, const ServiceSpec& spec, const StackSpec& stack) {
  problems.expect(spec.files.size() <= most_entries, path, "are more than " + std::to_string(most_entries));
  std::set<std::string_view> targets;
  for (const Mount& mount : spec.mounts) targets.insert(mount.target);
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    const FileUse& file = spec.files[i];
    const std::string at = path + '[' + std::to_string(i) + ']';
    const auto& declared = file.secret ? stack.secrets : stack.configs;
    problems.expect(declared.contains(file.source), at,
                    std::string("the stack has no ") + (file.secret ? "secret " : "config ") + quoted(file.source));
    problems.expect(file.target.starts_with('/') && file.target.find_first_not_of('/') != std::string::npos &&
                        !file.target.ends_with('/'),
                    at, quoted(file.target) + " is not an absolute path in the container");
    check_word(problems, at + ".target", file.target, 4'096);
    problems.expect(targets.insert(file.target).second, at, quoted(file.target) + " is mounted twice");
    check_digest(problems, at + ".digest", file.digest);
    problems.expect(is_id(file.uid), at + ".uid", quoted(file.uid) + " is not the number of a user");
    problems.expect(is_id(file.gid), at + ".gid", quoted(file.gid) + " is not the number of a group");
    problems.expect(file.mode >= 0 && file.mode <= 07777, at + ".mode", "is not the mode of a file");
  }
}

void check_files(Problems& problems, const std::string& path, const std::map<std::string, FileSpec>& files, bool stored) {
  problems.expect(files.size() <= most_services, path, "are more than " + std::to_string(most_services));
  for (const auto& [name, file] : files) {
    problems.expect(!name.empty() && name.size() <= longest_name, path, quoted(name) + " is not a name");
    check_word(problems, path, name);
    check_word(problems, path + '.' + name + ".name", file.name);
    check_digest(problems, path + '.' + name + ".digest", file.digest);
    check_map(problems, path + '.' + name + ".labels", file.labels, "io.kontena.");
    problems.expect(stored || !file.external, path + '.' + name, "configs are not kept by name, as secrets are");
  }
}

}  // namespace kontena::model
