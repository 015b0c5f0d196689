#include "kontena/api/backup.h"

#include <memory>

#include "../backup_files.h"
#include "handlers.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::server {
namespace {

constexpr std::size_t piece_bytes = 256u << 10;

// Those that nothing names are among them; their server removes them once it runs.
Status write_blobs(Context& context, api::BackupWriter& backup, http::Writer& writer) {
  KTN_TRY(const auto all, context.blobs.list());
  for (const blobs::Blob& blob : all) {
    KTN_TRY(blobs::Outgoing file, context.blobs.get(blob.scope, blob.digest));
    std::int64_t left = file.size();
    if (!writer.write(backup.blob(blob.scope + '/' + blob.digest, left))) break;
    while (left > 0) {
      KTN_TRY(std::string piece, file.next());
      if (piece.empty()) return Error{Code::corrupt, "the blob '" + blob.digest + "' became shorter while it was read"};
      left -= static_cast<std::int64_t>(piece.size());
      if (!writer.write(backup.bytes(std::move(piece)))) return Done{};
    }
    writer.write(backup.blob_end());
  }
  return Done{};
}

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
    const Status blobs = write_blobs(context, backup, writer);
    if (!blobs) log::error("a backup was broken off", {{"reason", blobs.error().message}});
    writer.write(blobs ? backup.end() : api::BackupWriter::broken_off(blobs.error().message));
    return;
  }
}

}  // namespace

Result<http::Response> get_backup(Context& context, const View&, const Call& call, http::Upload*) {
  auto hold = context.blobs.keep_all();
  KTN_TRY(auto taken, context.store.snapshot());
  http::Response response{.content_type = "application/octet-stream"};
  // What the records of the snapshot name is to be there until it is written.
  response.stream = [&context, now = call.now, snapshot = std::shared_ptr(std::move(taken)),
                     hold = std::move(hold)](http::Writer& writer) {
    write_backup(context, *snapshot, now, writer);
  };
  log::info("a backup is read", {{"who", call.who.text()}, {"from", call.from}});
  return response;
}

}  // namespace kontena::server
