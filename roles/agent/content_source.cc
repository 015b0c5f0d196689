// Where content lies on a host, and where it comes from.
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "content.h"
#include "kontena/base/files.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_silence{60'000};

bool in_memory(const std::string& path) {
  struct statfs found {};
  return ::statfs(path.c_str(), &found) == 0 && (found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC);
}

// The way to an instance's start: who waits for the server does so without an end.
Error of_server(const Error& error) {
  if (error.code == Code::unavailable || error.code == Code::deadline_exceeded)
    return {Code::deadline_exceeded, error.message};
  return {Code::failed_precondition, "the server: " + error.message};
}

}  // namespace

Result<ContentFolders> content_folders(const std::string& state_dir, const std::string& node) {
  ContentFolders folders{state_dir + "/content", state_dir + "/instances", "/run/kontena/secrets/" + node,
                         state_dir + "/filling"};
  if (!in_memory("/run")) {
    folders.memory = state_dir + "/secrets";
    KTN_OK(files::make_folder(folders.memory, 0700));
    if (!in_memory(folders.memory) && ::mount("kontena-secrets", folders.memory.c_str(), "tmpfs",
                                              MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=256m") != 0)
      return Error{Code::failed_precondition,
                   "cannot mount a tmpfs for secrets at '" + folders.memory + "': " + std::strerror(errno)};
  }
  KTN_OK(files::make_folder(folders.memory, 0700));
  return folders;
}

Status forget_content(const std::string& state_dir, const std::string& node) {
  const std::string mounted = state_dir + "/secrets";
  if (in_memory(mounted)) ::umount2(mounted.c_str(), MNT_DETACH);
  std::vector<std::string> folders{mounted};
  for (const char* name : {"/content", "/instances", "/filling", "/parts"}) folders.push_back(state_dir + name);
  if (!node.empty()) folders.push_back("/run/kontena/secrets/" + node);
  std::error_code failed;
  for (const std::string& folder : folders) {
    std::filesystem::remove_all(folder, failed);
    if (failed) return Error{Code::unavailable, "cannot remove '" + folder + "': " + failed.message()};
  }
  for (const char* parent : {"/run/kontena/secrets", "/run/kontena"}) ::rmdir(parent);  // where it is empty
  return Done{};
}

Content::Source content_from(Uplink& uplink) {
  Content::Source source;
  source.blob = [&uplink](const std::string& digest, const std::function<bool(std::string_view)>& sink) -> Status {
    const auto answer =
        uplink.server().stream({.path = api::path(api::paths::agent_blob, {digest})}, longest_silence, sink);
    if (!answer) return of_server(answer.error());
    if (answer->status >= 300) return of_server(api::error_of(*answer));
    return Done{};
  };
  source.secret = [&uplink](const std::string& digest) -> Result<Redacted> {
    auto answer = uplink.server().send({.path = api::path(api::paths::agent_secret, {digest})}, longest_silence);
    if (!answer) return of_server(answer.error());
    if (answer->status >= 300) return of_server(api::error_of(*answer));
    return Redacted(std::move(answer->body));
  };
  return source;
}

}  // namespace kontena::agent
