"""Alphabets: the letters by which a text shows in which encoding it was written."""

from dataclasses import dataclass

# The letters beyond a to z of each language, which one encoding of its family has.
_WESTERN = (
    "äöüß",  # German
    "àâæçéèêëîïôœùûüÿ",  # French
    "áéíñóúüïç",  # Spanish, Catalan
    "àèéìòùî",  # Italian
    "áâãàçéêíóôõúü",  # Portuguese
    "éëïóöüèêáà",  # Dutch
    "åäöéü",  # Swedish, Finnish
    "æøåéäö",  # Danish, Norwegian
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîşţșț",  # Romanian
)
_TURKISH = ("çğıöşüâî",)
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž")  # Lithuanian, Latvian, Estonian
# The most frequent letters first: other texts have them all too when read as these.
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_UKRAINIAN = "оаніирвтеслкудмпзяьбгйчхцїжюєшщфґ"
_BULGARIAN = "аиоентрсвлкдпмзгяъубчцйжщхюшфь"
_GREEK = "ατοιενρσκηπςυμλίόάγέδήωχθύβφώξζψϊϋΐΰ"

# Frequent characters; a text that is read wrongly has few of them.
_CHINESE = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说"
    "产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使"
    "点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明"
    "看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料"
    "象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别手角期根论运农指几"
    "九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油"
    "思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声"
    "报完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界律究观越织装影算低持音众书"
    "布复容际商非验连断深难近千周委素技备半办省列习响约支般史感便团往历市何除消构府称准精值号率维划选"
    "标写存快效院查型按格易置派层片始专状育厂识适属包火住调满局照参红细引听该价严险房键职漏泄失密码网"
    "络服库客户供应财损障故监控培训访问攻击"
)
_TRADITIONAL = (
    "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說"
    "產種面而方後多定行學法所民得經十三之進著等部度家電力里如水化高自二理起小物現實加量都兩體制機當使"
    "點從業本去把性好應開它合還因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反你明"
    "看原又利比或但質氣第向道命此變條只沒結解問意建月公無系情者最立代想已通並提直題程展五果料員位入常"
    "文總次品式活設及管特件長求基資邊流路級少圖統接知較將組見計別手期論運指區強決被必先則任取據處給門"
    "即保治造規領導器壓金增術交受聯認共權收證改清再轉更單風安場身車務具議報類名確信整傳記需險房鍵職漏"
    "洩失密碼網絡服庫客戶供財損障故監控訓訪攻擊"
)
_JAPANESE = (
    "日一人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書"
    "先名川千水半男西電校語土国会事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強"
    "公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住無真有口少町料工"
    "建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花"
    "春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉冬昼茶弟牛魚兄犬妹姉漢情報管対応影響度確率担当期"
    "限漏洩障害障損失浸火災停止供給契約法令違反脆弱性攻撃不正侵入誤操作設備保守監視権限"
)
_KOREAN = (
    "이다에의는로하을가고지서한은기으년대사시를리도인스일자정부전수나제어원해그아구위장성상주만보공국세"
    "선과마우비연여적동조관안문무중용산신당치화업개소라들있것등와내경방계데터버네트워크침해유출손실위험"
    "영향통제담당실발생재난화재정전서비스중단고객직원퇴사누출접근권한암호백업복구"
)
_KANA = "".join(map(chr, [*range(0x3041, 0x3097), *range(0x30A1, 0x30FD)]))


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, its name for people, and what texts in it look like.

    One of `alphabets` has the letters of a text. `ordered` alphabets begin with the frequent
    letters. A text of `frequent` characters has many of these. A `rare` one needs more evidence.
    """

    codec: str
    label: str
    alphabets: tuple[str, ...] = ()
    ordered: bool = False
    frequent: frozenset[str] = frozenset()
    rare: bool = False


_SLAVIC = (_RUSSIAN, _UKRAINIAN, _BULGARIAN)
# The likelier ones first: of two that fit as well, the first one counts.
ENCODINGS = (
    Encoding("cp1252", "Windows-1252 (Western European)", _WESTERN),
    Encoding("cp1250", "Windows-1250 (Central European)", _CENTRAL),
    Encoding("cp1251", "Windows-1251 (Cyrillic)", _SLAVIC, ordered=True),
    Encoding("cp1254", "Windows-1254 (Turkish)", _TURKISH),
    Encoding("cp1253", "Windows-1253 (Greek)", (_GREEK,), ordered=True),
    Encoding("cp1257", "Windows-1257 (Baltic)", _BALTIC),
    Encoding("gb18030", "GB 18030 (Chinese)", frequent=frozenset(_CHINESE)),
    Encoding("cp932", "Shift-JIS (Japanese)", frequent=frozenset(_JAPANESE + _KANA)),
    Encoding("cp950", "Big5 (Traditional Chinese)", frequent=frozenset(_TRADITIONAL)),
    Encoding("cp949", "EUC-KR (Korean)", frequent=frozenset(_KOREAN)),
    Encoding("euc_jp", "EUC-JP (Japanese)", frequent=frozenset(_JAPANESE + _KANA)),
    Encoding("iso8859_2", "ISO 8859-2 (Central European)", _CENTRAL, rare=True),
    Encoding("koi8_r", "KOI8-R (Russian)", _SLAVIC, ordered=True, rare=True),
    Encoding("cp866", "DOS 866 (Russian)", _SLAVIC, ordered=True, rare=True),
    Encoding("mac_roman", "Mac Roman (Western European)", _WESTERN, rare=True),
    Encoding("cp850", "DOS 850 (Western European)", _WESTERN, rare=True),
)
