#include "kontena/api/backup.h"

#include <memory>

#include "../backup_files.h"
#include "handlers.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::server {
namespace {

constexpr std::size_t piece_bytes = 256u << 10;

void write_backup(Context& context, store::Snapshot& snapshot, Time now, http::Writer& writer) {
  api::BackupWriter backup;
  std::string text = backup.head({KONTENA_VERSION, to_ms(now), snapshot.revision(), context.authority.fingerprint()});
  const pki::KeyPair& authority = context.authority.own();
  text += backup.file(authority_key.name, authority.key_pem.reveal());
  text += backup.file(authority_certificate.name, authority.certificate_pem);
  for (const BackupFile& file : backup_files) {
    if (context.data_dir.empty()) break;
    if (const auto content = files::read(context.data_dir + '/' + std::string(file.name), 4096))
      text += backup.file(file.name, *content);
  }
  while (writer.write(text)) {
    const auto entries = snapshot.next(piece_bytes);
    text.clear();
    if (!entries) {
      log::error("a backup was broken off", {{"reason", entries.error().message}});
      writer.write(api::BackupWriter::broken_off(entries.error().message));
      return;
    }
    for (const store::Entry& entry : *entries) text += backup.record(entry.key, entry.value);
    if (!entries->empty()) continue;
    writer.write(backup.end());
    return;
  }
}

}  // namespace

Result<http::Response> get_backup(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(auto taken, context.store.snapshot());
  http::Response response{.content_type = "application/octet-stream"};
  response.stream = [&context, now = call.now, snapshot = std::shared_ptr(std::move(taken))](http::Writer& writer) {
    write_backup(context, *snapshot, now, writer);
  };
  log::info("a backup is read", {{"who", call.who.text()}, {"from", call.from}});
  return response;
}

}  // namespace kontena::server
