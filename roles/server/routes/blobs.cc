#include "kontena/blobs/blobs.h"

#include <memory>

#include "../blob_refs.h"
#include "blob_transfer.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/build.h"
#include "kontena/base/log.h"

namespace kontena::server {
namespace {

std::string scope_of(const Call& call) { return call.at("grid") + '/' + call.at("project"); }

}  // namespace

http::Response sent(blobs::Outgoing blob) {
  http::Response response{.content_type = "application/octet-stream"};
  response.stream = [blob = std::make_shared<blobs::Outgoing>(std::move(blob))](http::Writer& writer) {
    while (true) {
      const auto piece = blob->next();
      // The reader finds by the digest that this was not the whole.
      if (!piece) log::error("a blob cannot be read", {{"reason", piece.error().message}});
      if (!piece || piece->empty() || !writer.write(*piece)) return;
    }
  };
  return response;
}

// 200 or 404, and no body. Who asks is going to use it: it stays for an hour.
Result<http::Response> head_blob(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_OK(need_project(*view, call));
  if (context.blobs.has(scope_of(call), call.at("digest"))) return http::Response{};
  return absent("blob", call.at("digest"), "");
}

// ?for=image: a layer or another part of an image; ?for=context: what is to be built. Both may be larger.
Result<http::Response> put_blob(Context& context, const View& view, const Call& call, http::Upload* upload) {
  KTN_OK(need_project(*view, call));
  const std::string of = call.ask("for");
  const std::int64_t most = of == "image"     ? context.largest_image_part
                            : of == "context" ? api::largest_context
                                              : context.largest_blob;
  return take_blob(context, scope_of(call), call.at("digest"), most, upload);
}

Result<http::Response> take_blob(Context& context, const std::string& scope, const std::string& digest,
                                 std::int64_t most, http::Upload* upload) {
  if (!upload) return Error{Code::internal, "the blob has no body"};
  KTN_TRY(blobs::Incoming incoming, context.blobs.put(scope, digest, most));
  Status taken = Done{};
  KTN_OK(upload->read([&](std::string_view bytes) {
    taken = incoming.add(bytes);
    return taken.has_value();
  }));
  KTN_OK(taken);
  KTN_OK(incoming.keep());
  return http::Response{.status = 201, .body = "{}"};
}

// What this node's own instances are made of, and nothing else.
Result<http::Response> get_node_blob(Context& context, const View& view, const Call& call, http::Upload*) {
  const std::string digest = call.at("digest");
  for (const auto& [scope, named] : named_by_node(*view, call.who.grid, call.who.id)) {
    bool is_named = named.blobs.contains(digest);
    for (const std::string& image : named.images) {
      if (is_named) break;
      const auto parts = parts_of_image(context.blobs, scope, image);
      is_named = parts && parts->contains(digest);
    }
    if (!is_named) continue;
    KTN_TRY(blobs::Outgoing blob, context.blobs.get(scope, digest));
    return sent(std::move(blob));
  }
  return absent("blob", digest, "");
}

}  // namespace kontena::server
