/* Pages of strange sizes and contents against renderers/native, compiled with sanitizers: every buffer is exactly
   as large as it must be, so that whatever reaches beyond one ends this program.

   pages_driver SEED COUNT: prints how many pages were encoded. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "images.h"

static int below(int limit)
{
    return (int)(random() % limit);
}

static uint8_t *room_for(long bytes)
{
    uint8_t *room = malloc(bytes ? (size_t)bytes : 1);
    if (!room)
        exit(2);
    return room;
}

/* Noise, paper, long runs, grey rules on paper, or shades. */
static void fill(uint8_t *page, int width, int rows)
{
    int kind = below(5);

    memset(page, 255, (size_t)width * (size_t)rows);
    for (int i = 0; kind == 0 && i < width * rows; i++)
        page[i] = (uint8_t)below(256);
    for (int i = 0; kind == 2 && i < width * rows; i++)
        page[i] = i / (1 + width / 3) % 2 ? 0 : 255;
    for (int i = 0; kind == 4 && i < width * rows; i++)
        page[i] = (uint8_t)(i % width / 2);
    for (int n = 0; kind == 3 && rows && n < 6; n++) {
        int x = below(width), y = below(rows), grey = 150 + below(100);
        memset(page + (long)y * width, grey, (size_t)width);
        for (int row = 0; row < rows; row++)
            page[(long)row * width + x] = (uint8_t)grey;
    }
}

/* What a camera may say, in bytes that are few and often the right ones; and a picture that lies that way. */
static void turn_one(void)
{
    static const uint8_t likely[] = {'I', 'M', '*', 0, 1, 2, 3, 5, 6, 8, 12, 0x12, 0x1a, 0x1b, 0x28, 255};
    struct image image = {.width = 1 + below(200), .rows = 1 + below(200)};
    struct image_facts facts = {.orientation = 1};
    long size = below(80), dots = image.width * image.rows;
    uint8_t *exif = room_for(size);

    for (long i = 0; i < size; i++)
        exif[i] = i < 2 && below(9) ? 'I' : likely[below(sizeof likely)];
    read_exif(exif, size, &facts);
    free(exif);
    image.gray = room_for(dots);
    fill(image.gray, (int)image.width, (int)image.rows);
    if (!turn(&image, below(2) ? facts.orientation : 1 + below(8), below(2)) || image.width * image.rows != dots)
        exit(6);
    free(image.gray);
}

/* Perhaps beyond the page, or inside out. */
static struct box any_box(int width, int rows)
{
    return (struct box){below(width + 40) - 20, below(rows + 40) - 20, below(width + 40) - 20, below(rows + 40) - 20};
}

static int one_page(void)
{
    int width = 16 * (1 + below(below(8) ? 40 : 1024)), rows = below(8) ? below(70) : 0;
    long blocks = (long)(width / 16) * (rows / 16), dots = (long)width * rows;
    uint8_t *gray = room_for(dots), *sharp = room_for(dots), *bits = room_for(dots / 8);
    uint8_t *darkest = room_for(blocks), *lightest = room_for(blocks);
    long room = below(4) ? (rows + 1L) * (width + 64) : below(width + 200);
    uint8_t *code = room_for(room);

    fill(gray, width, rows);
    sharpen(gray, width, rows, sharp);
    if (!survey(sharp, width, rows, below(256), bits, darkest, lightest))
        exit(3);
    struct box boxes[2] = {any_box(width, rows), any_box(width, rows)};
    draw_rules(gray, darkest, lightest, width, rows, below(256), 1 + below(8), 1 + below(60), boxes, below(3),
               bits);
    /* Any width may be encoded, also one that ends within a byte. */
    int encoded = mmr_encode(bits, rows && width / 8 * rows ? width - below(8) : width, rows, code, room) > 0;
    free(gray);
    free(sharp);
    free(bits);
    free(darkest);
    free(lightest);
    free(code);
    return encoded;
}

/* Lost text, with marks of every kind. */
static void rescue_page(void)
{
    int columns = 1 + below(40), rows = below(8), width = columns * 16, threshold = below(256);
    long blocks = (long)columns * rows, dots = blocks * 256;
    uint8_t *gray = room_for(dots), *bits = room_for(dots / 8), *greys[4];

    for (int i = 0; i < 4; i++)
        greys[i] = room_for(blocks);
    fill(gray, width, rows * 16);
    survey(gray, width, rows * 16L, threshold, bits, greys[0], greys[1]);
    find_lost(greys[0], greys[1], rows, columns, threshold, greys[2], greys[3]);
    for (int i = 0; blocks && i < below(20); i++)
        greys[3][below((int)blocks)] = 1;
    if (!rescue(gray, gray, greys[0], greys[1], greys[3], rows, columns, threshold, 1 + 2 * below(16),
                1 + 2 * below(16), bits))
        exit(4);
    for (int i = 0; i < 4; i++)
        free(greys[i]);
    free(gray);
    free(bits);
}

/* A picture of any size, larger or smaller. */
static void resize_one(void)
{
    long width = 1 + below(300), rows = 1 + below(60), new_width = 1 + below(400), new_rows = 1 + below(90);
    long stride = new_width + below(20);
    uint8_t *gray = room_for(width * rows), *out = room_for((new_rows - 1) * stride + new_width);

    fill(gray, (int)width, (int)rows);
    if (resize(gray, width, rows, out, new_width, new_rows, stride) != (new_width / 64 <= width && new_rows / 64 <= rows))
        exit(5);
    free(gray);
    free(out);
}

/* All in one step, with pictures: `rows` of them are enough to be judged. */
static int code_one(int most_rows)
{
    int width = 16 * (1 + below(40)), rows = 1 + below(most_rows), is_blank = 0;
    struct looks looks = {.threshold = below(256), .beside_rows = 1 + below(8), .least_rows = 1 + below(60),
                          .stroke_rows = 15, .stroke_dots = 17, .light_rows = 9, .light_dots = 11,
                          .longest_rows = 25, .longest_dots = 27, .frame_rows = 2, .frame_dots = 2, .drawing_rows = 9,
                          .screen_rows = 3 << below(3), .is_coarse = below(2), .margin_rows = below(3) * 5};
    long room = (looks.margin_rows + rows + 1L) * (width + 64), blocks = (long)(width / 16) * (rows / 8);
    uint8_t *gray = room_for((long)width * rows), *bits = room_for((looks.margin_rows + rows) * (width / 8L));
    uint8_t *code = room_for(room), *greys = room_for(4 * blocks);
    struct box boxes[3] = {any_box(width, rows), any_box(width, rows), {0, 0, width, rows}};

    fill(gray, width, rows);
    struct text texts[2] = {{any_box(width, rows), below(256)}, {any_box(width, rows), below(256)}};
    struct content content = {boxes, texts, below(4), below(3), below(2), below(2), below(2)};
    long size = code_page(gray, width, rows, &looks, &content, bits, greys, &is_blank, code, room);
    long alone = mh_encode(bits, width, rows, code, below(2) ? room : below((int)room));
    free(gray);
    free(bits);
    free(code);
    free(greys);
    return size > 0 || alone > 0;
}

int main(int argc, char **argv)
{
    int encoded = 0;

    if (argc != 3)
        return 2;
    srandom((unsigned)atoi(argv[1]));
    for (int n = atoi(argv[2]); n > 0; n--) {
        encoded += one_page();
        rescue_page();
        resize_one();
        turn_one();
        encoded += code_one(n % 8 ? 100 : 900);
    }
    printf("%d pages encoded\n", encoded);
    return 0;
}
