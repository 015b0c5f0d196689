#include <algorithm>
#include <filesystem>
#include <fstream>

#include "../commands.h"
#include "../describe.h"
#include "../new_file.h"
#include "../session.h"
#include "kontena/api/audit.h"
#include "kontena/api/trail.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {

// What `audit verify` prints: where a sound trail has come to.
struct Verified {
  std::int64_t records = 0;
  std::int64_t checkpoints = 0;
  std::int64_t number = 0;
  std::string hash;
  std::string authority;  // fingerprint
};

}  // namespace kontena::client

template <>
struct kontena::codec::Fields<kontena::client::Verified> {
  static void visit(auto& v, auto& s) {
    v("records", s.records);
    v("checkpoints", s.checkpoints);
    v("number", s.number);
    v("hash", s.hash);
    v("authority", s.authority);
  }
};

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration longest_silence{60'000};
constexpr std::int64_t most_at_once = 1'000;
constexpr std::size_t piece = 64u << 10;

using Take = std::function<Status(std::string_view)>;

Status download(Session& session, const Take& take) {
  KTN_TRY(http::Client * client, session.link.client());
  Status done = Done{};
  const auto answer =
      client->stream({.path = std::string(paths::audit_export)}, longest_silence, [&](std::string_view bytes) {
        done = take(bytes);
        return done.has_value();
      });
  KTN_OK(done);
  if (!answer) return Error{Code::unavailable, "the export broke off: " + answer.error().message, answer.error().hint};
  if (answer->status >= 300) return api::error_of(*answer);
  return Done{};
}

Status read_file(Session& session, const std::string& name, const Take& take) {
  const std::string path = (std::filesystem::path(session.outside.folder) / name).string();
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::not_found, "'" + path + "' cannot be read"};
  std::string bytes(piece, '\0');
  while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())), file.gcount() > 0)
    KTN_OK(take(std::string_view(bytes).substr(0, static_cast<std::size_t>(file.gcount()))));
  return Done{};
}

// The authority that whoever is logged in knows; "" where nobody is.
std::string known_authority(Session& session) {
  const auto target = session.link.target();
  if (!target) return "";
  auto pinned = pinned_authority(session.outside, (*target)->token, (*target)->url, (*target)->ca_pem);
  return pinned ? *std::move(pinned) : std::string();
}

// What an earlier export was signed for at its end. It is to be whole itself.
Result<model::Checkpoint> end_of_export(Session& session, const std::string& file, const std::string& authority) {
  api::TrailReader reader(authority);
  KTN_OK(read_file(session, file, [&](std::string_view bytes) { return reader.feed(bytes); }));
  KTN_OK(reader.finish());
  return *reader.newest();
}

}  // namespace

Result<int> audit_ls(Session& session) {
  http::Query query;
  for (const auto& [option, name] :
       {std::pair("--user", "user"), std::pair("--verb", "verb"), std::pair("--resource", "resource")})
    if (session.arguments.has(option)) query[name] = session.arguments.value(option);
  for (const auto& [option, name] : {std::pair("--since", "since_ms"), std::pair("--until", "until_ms")}) {
    if (!session.arguments.has(option)) continue;
    KTN_TRY(const std::int64_t at, parse_since(session.arguments.value(option), session.now()));
    query[name] = std::to_string(at);
  }
  KTN_TRY(const auto limit, number_option(session, "--limit", 1));
  std::vector<api::AuditEntry> all;
  for (std::int64_t wanted = limit.value_or(100); wanted > 0;) {
    query["limit"] = std::to_string(std::min(wanted, most_at_once));
    KTN_TRY(api::AuditList list, session.link.get<api::AuditList>(std::string(paths::audit), query));
    wanted -= static_cast<std::int64_t>(list.records.size());
    std::ranges::move(list.records, std::back_inserter(all));
    if (list.next == 0) break;
    query["before"] = std::to_string(list.next);
  }
  std::ranges::reverse(all);
  return session.list(
      all, {"RECORD", "TIME", "WHO", "FROM", "VERB", "RESOURCE", "OUTCOME", "TIMES", "REQUEST"},
      [](const api::AuditEntry& r) -> std::vector<Cell> {
        return {r.number,
                time_text(r.at_ms),
                plain_text(r.who),
                r.from,
                r.verb,
                plain_text(r.resource),
                {r.outcome, r.outcome == "ok" ? Tone::plain : Tone::bad},
                r.count,
                r.request};
      },
      [](const api::AuditEntry& r) { return r.request; });
}

Result<int> audit_export(Session& session) {
  const std::string& name = session.arguments.words[0];
  api::TrailReader reader(known_authority(session));
  const auto checked = [&](std::string_view bytes, const Take& write) -> Status {
    KTN_OK(reader.feed(bytes));
    return write(bytes);
  };
  if (name == "-") {
    KTN_OK(download(session, [&](std::string_view all) {
      return checked(all, [&](std::string_view bytes) -> Status {
        if (session.out().write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return Done{};
        return Error{Code::unavailable, "standard output cannot be written"};
      });
    }));
    KTN_OK(reader.finish());
    return 0;
  }
  const std::string path = (std::filesystem::path(session.outside.folder) / name).string();
  KTN_TRY(NewFile file, NewFile::make(path, session.arguments.has("--force")));
  KTN_OK(download(session, [&](std::string_view all) {
    return checked(all, [&](std::string_view bytes) { return file.write(bytes); });
  }));
  KTN_OK(reader.finish());
  KTN_OK(file.keep());
  session.note(count_text(reader.check().records(), "record") +
               ", verified; look again with kontena client audit verify --file " + name);
  if (session.look.quiet) session.out() << name << '\n';
  return 0;
}

Result<int> audit_verify(Session& session) {
  const std::string authority = known_authority(session);
  api::TrailReader reader(authority);
  if (session.arguments.has("--against")) {
    KTN_TRY(const model::Checkpoint known, end_of_export(session, session.arguments.value("--against"), authority));
    reader.expect(known);
  }
  const Take take = [&](std::string_view bytes) { return reader.feed(bytes); };
  if (session.arguments.has("--file")) {
    KTN_OK(read_file(session, session.arguments.value("--file"), take));
  } else {
    KTN_OK(download(session, take));
  }
  KTN_OK(reader.finish());
  const api::TrailCheck& check = reader.check();
  KTN_TRY(const pki::CertificateFacts facts, pki::read_certificate(reader.authority()));
  const Verified verified{check.records(), check.checkpoints(), check.at().number, check.at().hash, facts.fingerprint};
  if (authority.empty())
    session.warn("the export itself names the authority that has signed it: compare its fingerprint " +
                 facts.fingerprint);
  return session.show(verified, std::to_string(verified.number), [&] {
    return "the audit trail is whole: " + count_text(verified.records, "record") + " to number " +
           std::to_string(verified.number) + ", " + count_text(verified.checkpoints, "signed checkpoint") + "\nhash " +
           verified.hash + '\n';
  });
}

}  // namespace kontena::client
