#include "kontena/api/backup.h"

#include <filesystem>

#include "../commands.h"
#include "../new_file.h"
#include "../session.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

constexpr Duration longest_silence{60'000};

// The stream goes to `write` piece by piece and is checked meanwhile.
Result<std::int64_t> receive(Session& session, const std::function<Status(std::string_view)>& write) {
  KTN_TRY(http::Client * client, session.link.client());
  api::BackupReader reader({});
  Status done = Done{};
  const auto answer = client->stream({.path = std::string(api::paths::backup)}, longest_silence, [&](std::string_view bytes) {
    done = reader.feed(bytes);
    if (done) done = write(bytes);
    return done.has_value();
  });
  if (!done) return std::move(done).error();
  if (!answer) {
    Error error = answer.error();
    return Error{Code::unavailable, "the backup broke off: " + error.message, std::move(error.hint)};
  }
  if (answer->status >= 300) return api::error_of(*answer);
  KTN_OK(reader.finish());
  return reader.records();
}

}  // namespace

Result<int> backup(Session& session) {
  const std::string& name = session.arguments.words[0];
  if (name == "-") {
    if (session.outside.out_is_terminal)
      return Error{Code::invalid_argument, "a backup is nothing for a terminal", "redirect it into a file that only you can read"};
    KTN_OK(receive(session, [&](std::string_view bytes) -> Status {
      if (session.out().write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return Done{};
      return Error{Code::unavailable, "standard output cannot be written"};
    }));
    return 0;
  }
  const std::string path = (std::filesystem::path(session.outside.folder) / name).string();
  KTN_TRY(NewFile file, NewFile::make(path, session.arguments.has("--force")));
  KTN_TRY(const std::int64_t records, receive(session, [&](std::string_view bytes) { return file.write(bytes); }));
  KTN_OK(file.keep());
  session.note(std::to_string(records) + " records; the file holds the authority's key: keep it as safe as the server");
  if (session.look.quiet) session.out() << name << '\n';
  return 0;
}

}  // namespace kontena::client
