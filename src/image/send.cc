#include "kontena/image/send.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace kontena::image {

Result<ScratchFile> ScratchFile::make(const std::string& folder) {
  std::string name = folder + "/kontena-XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return Error{Code::failed_precondition, "cannot make a file in " + folder};
  ::unlink(name.c_str());
  return ScratchFile(fd);
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

ScratchFile::~ScratchFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string ScratchFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

namespace {

Result<std::set<std::string>> missing_of(const Manifest& manifest, const Sending& to) {
  std::set<std::string> missing;
  for (const std::string& part : parts_of(manifest)) {
    KTN_TRY(const bool there, to.has(part));
    if (!there) missing.insert(part);
  }
  return missing;
}

// Takes off `missing` what it has sent.
Result<Manifest> save_and_send(const Sending& to, std::set<std::string>& missing, std::int64_t& bytes) {
  bytes = 0;
  Cutter cutter(
      to.scratch, [&](const std::string& digest) { return missing.contains(digest); },
      [&](const std::string& digest, const std::string& path, std::int64_t size) -> Status {
        KTN_OK(to.send(digest, path));
        missing.erase(digest);
        bytes += size;
        return Done{};
      });
  to.saving();
  KTN_OK(to.save([&](std::string_view some) { return cutter.take(some); }));
  return cutter.finish();
}

}  // namespace

Result<Sent> send(const Manifest& guess, const Sending& to) {
  // An engine keeps an image by its configuration, and saves layers as they are. Where that is so, which is
  // nearly everywhere, the parts are known without saving it.
  Manifest manifest = guess;
  Sent sent;
  KTN_TRY(std::set<std::string> missing, missing_of(manifest, to));
  sent.missing = missing.size();
  if (!missing.empty()) {
    KTN_TRY(const Manifest saved, save_and_send(to, missing, sent.bytes));
    if (!missing.empty() || saved != manifest) {
      manifest = saved;
      KTN_TRY(missing, missing_of(manifest, to));
      if (!missing.empty()) KTN_OK(save_and_send(to, missing, sent.bytes));
    }
  }
  if (!missing.empty()) return Error{Code::internal, "the engine gave the image with other parts each time"};
  const std::string text = to_text(manifest);
  sent.digest = digest_of(text);
  sent.parts = parts_of(manifest).size();
  KTN_TRY(const bool known, to.has(sent.digest));
  if (!known) KTN_OK(to.send_text(sent.digest, text));
  return sent;
}

}  // namespace kontena::image
