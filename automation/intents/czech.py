"""Czech (and much of Slovak) word by word into English shop words, for the encoder only.

The sentence encoder was never taught Czech. A gloss by word stems is no translation, but it puts
"zrušte mi prosím objednávku" beside "cancel me please order", and that is enough to be understood.
Stems are folded (no accents); the longest stem that begins a word wins; `=` alone drops the word.
"""

import re
from functools import lru_cache

from automation.intents.text import fold

_STEMS = """
objednavk=order objednan=ordered objednal=ordered objednat=order objednejte=order objednam=order objednavam=order
zrus=cancel rusim=cancel rusit=cancel nerus=do not cancel nezrus=do not cancel stornov=cancel storno=cancellation stornu=cancel
odvolat=call off odvolej=call off odstoup=withdraw odstupuji=withdraw odstupujeme=withdraw anulov=cancel vymaz=delete smaz=delete
zastav=stop pozastav=stop omyl=by mistake omylem=by mistake spletl=mistook rozmysl=changed mind nakonec=after all zajem=interest
nechci=do not want nechce=does not want nechtel=did not want nechteli=did not want nechtela=did not want chci=want chce=wants
chtel=would like chtela=would like chteli=would like prosim=please potrebuj=need nepotrebuj=do not need nutne=necessary
posilej=send poslat=send poslal=sent poslali=sent posle=sends poslete=send posilate=ship posilat=send posila=sends neposil=do not send
neposlal=did not send neposle=do not send odesl=shipped odeslat=ship odesila=ship odesilate=ship neodesl=not shipped
expedov=shipped expedic=dispatch neexped=do not ship vyexped=shipped zaslat=send zaslete=send zaslali=sent zasilk=parcel zasila=send
balik=parcel balic=parcel krabic=box obal=packaging nebal=do not pack zboz=goods vec=item veci=items vyrobek=product vyrobk=product
produkt=product polozk=item kus=piece
kde=where kdy=when kam=where proc=why jak=how jaky=which jaka=what jake=what kolik=how much kdo=who co=what ktery=which kter=which
kdyz=when pokud=if jestli=if zda=whether
moje=my muj=my mou=my meho=my moji=my mem=my me=my mi=me mne=me mam=I have nas=our vas=your vase=your vam=you vami=you u=at
je=is jsou=are jsem=am jste=you jsme=we byl=was byla=was bylo=was bude=will be budou=will be neni=is not nejsou=are not nebyl=was not nebude=will not be
doraz=arrive nedoraz=not arrived prijde=come prijit=come prisel=came prisla=came prislo=came prisly=came neprisel=did not come
neprisl=did not come neprijd=not come dojde=arrive dojit=arrive dosel=arrived dosl=arrived nedosl=not arrived dostal=received dostan=get
nedostal=not received obdrzel=received neobdrzel=not received prevzal=received doruc=delivery doruci=deliver dorucen=delivered
nedoruc=not delivered dodan=delivery dodac=delivery dodat=deliver dodej=deliver dodav=delivery nedodan=not delivered doved=know dovez=deliver
sledov=tracking stav=status status=status cislo=number cisl=number info=information inform=information novink=news
cekam=waiting ceka=waiting cekat=wait cekame=waiting ocekav=expect porad=still stale=still dosud=until now doposud=until now
dodnes=until today zatim=so far jeste=yet uz=already dlouho=long dnes=today vcera=yesterday zitra=tomorrow vcerejs=yesterday's
tyden=week tydn=weeks tydny=weeks den=day dni=days dny=days dnu=days mesic=month hodin=hours rano=morning vecer=evening
pondel=Monday uter=Tuesday stred=Wednesday ctvrt=Thursday patek=Friday patk=Friday sobot=Saturday nedel=Sunday vcas=in time pozd=late
termin=date zpozd=delayed ztrat=lost ztracen=lost nehnul=does not move ticho=silence depo=depot depu=depot kuryr=courier kuryr=courier
dopravc=carrier doprav=shipping doprava=shipping postovn=postage posta=post postou=by post zdarma=free prepravn=courier ridic=driver
vyzved=pick up vydejn=pick-up point odber=pick up osobn=personal expresn=express slovensk=Slovakia zahranic=abroad evrop=Europe
vrat=return vratk=refund vracen=return vracet=return vracit=return vratit=return nevrat=not returned penize=money penez=money penis=money
penezi=money zpet=back reklamac=complaint claim reklamov=complain claim refund=refund castk=amount castka=amount cen=price rozdil=difference
ucet=account uctu=account ucte=account ucty=accounts bank=bank kart=card plat=pay platb=payment zaplat=paid zaplatit=pay neplat=not pay
uhrad=paid dobirk=cash on delivery splatk=instalments strh=charged zamitn=declined neprosl=failed dvakrat=twice
vymen=exchange vymenit=exchange mensi=smaller vetsi=bigger velikost=size velk=large mal=small male=small mala=small dlouh=long kratk=short
nesed=does not fit nevyhov=does not suit nelib=do not like nechutn=do not like taste sed=fit barv=colour modr=blue cerven=red sed=grey siv=grey bil=white
cern=black zelen=green
rozbit=broken rozbil=broke poskoz=damaged prasklinu=crack praskl=cracked vadn=defective zavad=defect nefung=does not work fungov=working funguj=works
pokazen=broken zniceny=destroyed znicen=destroyed pomack=crushed dir=hole skvrn=stain roztrh=torn rozsyp=spilled vytek=leaked ulomen=broken
spatn=wrong bad jin=other jinou=other jiny=different jineho=different ciz=somebody else's zamen=swapped mix-up misto=instead of omyl=mistake
chybi=missing chybel=missing chybej=missing neupln=incomplete prazdn=empty pouze=only jen=only jenom=only
adres=address ulic=street dum=house domu=home doma=at home praci=work prace=work prestehov=moved stehuj=moving psc=postcode mesto=city
zmen=change zmena=change zmenit=change uprav=edit opravit=correct oprav=correct pridat=add pridej=add prida=add vyndej=remove odeber=remove
spojit=combine spojt=combine prohod=swap
stez=complain stiznost=complaint skandal=scandal nehoraz=outrageous neprijateln=unacceptable zklam=disappointed hrozn=terrible nejhors=worst
ostud=shame drz=rude nikdo=nobody nikdy=never neodpov=no answer odpov=answer odpovid=answers nekomunik=do not communicate nespokojen=dissatisfied
spokojen=satisfied naklad=costs nahrad=compensation odskodn=compensation alerg=allergic reakc=reaction lekar=doctor zdravot=health potiz=trouble
problem=problem podvod=fraud soud=court okamzit=immediately ihned=immediately naleh=urgent urgent=urgent
faktur=invoice uctenk=receipt danov=tax doklad=receipt dic=VAT number ico=company number firm=company stahn=download
heslo=password hesla=password prihlas=log in odhlas=unsubscribe registr=register zaregistr=register zapomnel=forgot zapomen=forget email=email e-mail=email mail=mail
maily=mails telefon=phone zavol=call volat=call
newsletter=newsletter reklam=advertising reklamni=advertising reklamy=advertising predplat=subscription odber=subscription odeber=subscribe novinek=newsletter
dekuj=thank you diky=thanks dekuju=thank you ahoj=hello dobry=good dobre=good hezk=nice nashled=goodbye shled=goodbye pozdrav=greetings vyresen=solved
krasn=beautiful nadhern=wonderful skvel=great super=great kvalit=quality recenz=review hvezd=stars navrh=suggestion rychl=fast chval=praise doporuc=recommend
clovek=human clovekem=human mluvit=talk operat=operator operator podpor=support zakaznick=customer service vedouc=manager kontakt=contact
slev=discount slevov=discount kod=code kupon=coupon poukaz=voucher akc=sale promo=promo vyprse=expired vyprsel=expired
sklad=stock skladem=in stock dostupn=available material=material slozen=ingredients composition obsahuj=contains obsah=content vhodn=suitable hodi=suitable
uziv=take use uzivat=take pouziv=use pouzit=use navod=instructions manual prat=wash prani=washing sirok=wide vysok=tall rozmer=dimensions
lepek=gluten laktoz=lactose vegan=vegan vegetarian=vegetarian tehot=pregnant koj=breastfeeding diabet=diabetes bezpec=safe ucin=effect mnozstv=amount
davkov=dosage protein=protein vitamin=vitamin bilkovin=protein porc=serving prichut=flavour cokolad=chocolate vanilk=vanilla cvic=exercise
zena=woman muz=man let=years vek=age det=children deti=children rozdil=difference doporucil=recommend porad=advise poradit=advise poradte=advise
mat=have mate=do you have maji=have nemate=do you not have muz=can muze=can muzu=can muzete=can you mohu=can mohl=could mohli=could lze=is it possible
jde=possible slo=possible nejde=cannot nemohu=cannot nemuz=cannot da=possible da=can moct=can
prodejn=shop obchod=shop eshop=shop oteviraci=opening oteviraci=opening otevren=open dob=time adresa=address
web=website stranka=page stranky=website aplikac=app kosik=basket kosiku=basket tlacit=button odkaz=link chyb=error nacit=load nenacit=does not load pad=crashes
nabiz=offer nabizime=we offer nabid=offer spoluprac=cooperation clanek=article seo=SEO vyhral=won vyhra=prize klikn=click pujck=loan agentur=agency plochy=space portal=portals
trzb=sales partner=partner
poplat=fee podmink=conditions pravidl=rules garanc=guarantee zaruk=warranty
koupit=buy koupil=bought koupi=buy nakup=purchase nakoup=buy nenakoup=not buy kupuj=buy
znovu=again nov=new novy=new nahradn=replacement dil=part dilu=part chybejic=missing
dvakrat=twice druh=second stejn=same duplic=duplicate navic=extra stejne=same jedn=one jeden=one dva=two dve=two tri=three
zeptat=ask ptat=ask dotaz=question dotazu=question zajim=interested zajima=interested vedet=know vim=know nevim=do not know zjist=find out
napist=write napsat=write napiste=write psal=wrote pisu=write pise=says informac=information potvrz=confirmation zprav=message
prodlouz=extend levnej=cheaper jinde=elsewhere narozenin=birthday darek=gift dark=gift
bez=without nemam=do not have objednavek=orders udelal=made prave=just vypada=looks byt=be neco=something pozaduj=demand trva=takes pri=during
stoji=costs mozn=possible mozna=maybe syn=son dovolen=permission manzel=husband manzelk=wife radej=rather nevid=cannot see udel=do aktualn=current stac=enough
nevezm=will not take dovolit=afford driv=before bat=worry bojim=afraid vubec=at all zadn=no lezi=lies stuck uplynul=passed zpracov=processing deje=happening minul=last
necht=leave nechat=leave necham=keep zadal=entered zadat=enter star=old zadam=request zad=request pripad=cases obvykl=usually stitek=label postup=procedure rad=glad
prestal=stopped pasek=belt velmi=very moc=very podat=file obrat=turn cehoz=which ceho=what zase=again balen=package priprav=product kapsl=capsules brat=take zacat=beginners
mezi=between model=model zpusob=methods prijim=accept bere=accept pomoc=help rozumim=I understand rozum=understand zde=here sluzb=services zvys=increase domluv=arrange
schuz=meeting rekn=tell vypoved=terminate hled=look for pomoz=help automat=automatic mimo=out of kancel=office smlouv=contract
pocas=weather vtip=joke letenk=flight rezervac=reservation stol=table zubar=dentist pojist=insurance prevod=transfer zamestn=job
povlecen=bed linen povlak=pillowcase zaves=curtains ubrus=tablecloth ubrous=napkins dek=blanket prosterad=sheet lamp=lamp vaz=vase talir=plate saty=dress sat=dress bot=shoes
si=  se=  to=it ten=the ta=the tu=the toho=it by=would bych=would byste=would za=for na=on do=to v=in ve=in z=from ze=from s=with k=to ke=to a=and i=and ale=but nebo=or ani=nor ne=no ano=yes nic=nothing nejak=somehow tak=so takze=so pro=for po=after pred=before od=from o=about cca=about tam=there tady=here ted=now stihne=in time stihnou=in time mel=should mela=should melo=should mely=should pry=allegedly vse=everything vsech=all vsechno=everything cel=whole zbyt=rest cast=part
mail=mail ma=has ji=her nez=before pet=five deset=ten dvou=two pulk=half pristi=next newsletter=newsletter
dal=gave slib=promise hodne=a lot vyrad=remove polstar=pillow tech=those vzit=take vsude=everywhere
totez=the same kober=carpet nikde=nowhere box=box zpatky=back nekdo=somebody cim=with what konci=ends
nema=has not zakaznik=customer zakaznice=customer trikrat=three times nestaci=not enough odjizd=leave
pristroj=device normaln=normal krem=cream orech=nuts vybrat=choose udaje=data pocka=wait vyprodej=sale
rucnik=towel rann=morning sest=six perin=duvet celnic=customs pak=then furt=still neexist=does not exist
fotce=photo fotk=photo listek=note stitk=label prejit=switch expres=express prachy=money skrab=scratch
potvrd=confirm dluz=owe prava=right gauc=sofa kalhot=trousers hrnk=mug hrnec=pot vik=lid priloz=attached
zastrck=plug listu=slip jmeno=name svatc=holidays vydrz=lasts napad=idea miluj=love dejte=give
neber=do not accept kvuli=because of radost=joy schrank=mailbox vypn=switch off datum=date dph=VAT
selhal=failed nezaplac=unpaid zidl=chair klik=click sel=went odebirat=subscribe zobraz=show zpoplat=charged
vola=call pokazd=every time ozv=answer svatebn=wedding zkaz=ruined servis=service katastrof=disaster
vyrazk=rash roztrz=torn polovin=half vysypan=spilled naprav=fix mist=place lhut=deadline provoz=operation
zahriv=overheats noc=night mastn=oily presne=exactly otevr=open lahv=bottle uvitac=welcome odecet=deducted
odect=deduct neprich=does not arrive ozvu=get back dceri=daughter dcer=daughter zaplac=paid vite=know
minut=minutes oslav=party rusi=cancelled klikl=clicked zene=wife zabal=pack vedle=next door snad=hopefully
kouk=see nevyriz=do not process vdecn=grateful neodejde=does not leave zamrz=froze babic=grandmother
vycouv=back out litu=regret nemus=need not prominte=sorry podle=according kasl=forget podiv=look mrkn=look
zhruba=roughly ceste=way devet=nine najit=find vytvor=created hnul=moved nejdriv=first prijede=comes
nechal=left soused=neighbour podpis=signature prevzet=receipt sedel=sat kuchyn=kitchen popel=bin
odvez=took away bydl=live daleko=far auto=car ukrad=stolen dver=door tvrd=claims spravn=correct zkus=try
papir=papers nezvon=did not ring napsal=wrote prijmen=surname nevyda=not hand over rodic=parents doplnt=add
doplni=add patro=floor prijemc=recipient sestr=sister nadraz=station svick=candle zadan=placed vzor=pattern
bezov=beige rytin=engraving preklep=typo nejsem=am not smejd=rubbish vybled=faded nauctov=charged nad=above
neum=cannot banc=bank blok=blocked noveho=new dobropis=credit note tiskarn=printer kous=itches nenech=not keep
puvodn=original vyhod=threw away vyuziv=use tlac=pinch tezk=heavy zkousk=try nehod=does not match delsi=longer
rukav=sleeve verz=version vyber=choose visack=tag doplat=extra pay podano=posted potvrdit=confirm sleduj=track
ucho=handle urazen=broken off rozdrc=crushed ohnut=bent desk=top displej=display sklenic=glass strep=shards
svy=seams povol=come loose nosen=wearing zavrit=close zkrouc=warped roztaven=melted otluc=chipped vidit=see
neda=cannot zlomen=broken propalen=burnt zapnout=switch on bateri=battery baterk=battery von=scent vun=scent
sukn=skirt uvnitr=inside neobjedn=did not order kilo=kilo borovic=pine nabijeck=charger patri=belongs
pocital=counted lehk=light sroub=screws neslozim=cannot assemble retiz=necklace vzork=samples vzorek=sample
clo=customs duty potah=cover sundat=take off vyprat=wash zarovk=bulb kuze=leather kozen=imitation leather
dest=rain vnitrn=inner prumer=diameter vyrab=made strih=cut myck=dishwasher lisi=differ zaklad=basic vzali=take
such=dry pokoj=room spim=sleep vaham=hesitate neter=niece filtr=filter stroj=machine tasky=bag vejde=fits
noteb=laptop oblec=clothes vyprodan=sold out dalsi=another konvic=kettle odloz=reserve zmiz=disappear zbyv=left
pravd=true zapist=put me on polick=shelf naskladn=restock zimn=winter kolekc=collection nedostupn=unavailable
ucitel=teacher kamarad=friend ukazuj=shows nul=zero nepouz=did not use zlevn=reduced roky=years prehan=too much
kopir=copied sprost=rude citim=feel podved=cheated hanb=shame hvezd=star pravnik=lawyer zvor=messed up
mizern=poor horsi=worse nezaz=never seen inspekc=inspection plast=plastic kock=cat zlat=kind vyrid=tell
prala=wish tmavsi=darker hezci=prettier poznam=remark pism=font malick=tiny ohodnot=rate prodav=sell
nejasn=unclear vyborn=excellent vikend=weekend jasn=clear otaz=questions pozadav=request eviduj=registered
nepodar=failed rodicovsk=parental leave piste=write kolegyn=colleague kolega=colleague zavreno=closed ukonc=end
strhav=charge strhl=charged strh=charge koncim=end krmiv=pet food myslel=thought opakovan=recurring
vypovid=terminate clenstv=membership obdob=period vynech=skip odted=from now on kofein=caffeine posun=move
sack=bags obnov=resume chalup=holiday house mobil=mobile seznam=list zvlast=separately priznan=tax return
upomink=reminder dokonc=finish toci=spins symbol=reference dohled=find naraz=at once zablok=locked pokus=tries
zachov=keep histor=history overov=verification overen=verification chod=come profil=profile poklad=checkout
krok=step nacist=load tabul=chart formular=form ziv=living rozhod=decides odpoled=afternoon prepoj=put through
pani=Mrs chat=chat jsi=are you protoz=because nahrad=replacement prohled=look at parkov=parking velikon=Easter
gratul=congratulations domen=domain tisic=thousand dedictv=inheritance kdybych=if I zakazk=custom made
hotov=cash vypov=terminate posilov=gym taxik=taxi internet=internet doktor=doctor tarif=plan zustat=balance
zarezerv=book stul=table lidi=people zivotop=CV novinar=journalist rozhov=interview treti=third misk=bowl
dvoji=double neprojd=does not go through hazi=throws nerek=did not tell tohle=this uplatn=claim nerv=nerves
mlci=silent hruz=awful hned=right away hrej=gets hot sparuj=pair repro=speaker kojic=breastfeeding privez=bring
jidl=food plany=plans navigac=satnav nenajd=does not find pripis=add prevezm=receives uriz=cut off byval=ex
nepas=does not fit troub=oven dorovn=match price vyplat=pay out vypis=statement nepripsan=not credited
vikl=wobbles odvoz=pick up neotevr=unopened tmav=dark verz=version levak=left-handed odstip=chipped
zasuvk=drawer zasek=stuck zluk=rancid plisen=mould remin=strap prask=cracked anglick=English napet=voltage
pruh=stripes punt=dots noz=legs rukavic=glove pasek=belt samot=remote vynes=carry patra=floor soja=soy
jantar=amber vetr=fan hlucn=loud odsroub=unscrew vysvetl=explain lhal=lied kopl=kicked ignor=ignore vyres=solve
medi=press splat=instalment napln=refill rozbal=unpack pevn=sturdy odchaz=leave ciziny=abroad skac=jumps
ztrat=lost smaz=delete stehuj=moving neprobeh=does not happen dest=rain garaz=garage recepc=reception
predan=handed over
"""

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_STEM = 12


def _stems() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in re.findall(r"(\S+?)=(.*?)(?=\s+\S+=|\s*$)", _STEMS.replace("\n", " ")):
        table.setdefault(entry[0], entry[1].strip())
    return table


_GLOSSES = _stems()


@lru_cache(maxsize=8_192)
def _gloss(word: str) -> str:
    for size in range(min(len(word), _LONGEST_STEM), 2, -1):
        found = _GLOSSES.get(word[:size])
        # A stem of one to three letters is a whole word: "co" must not begin "cokoli".
        if found is not None and (size > 3 or size == len(word) or len(word) - size <= 2):
            return found
    return _GLOSSES.get(word, word)


def in_english(sentence: str) -> str:
    """The sentence with each known Czech word replaced by an English one, in Czech word order."""
    return _WORD.sub(lambda word: _gloss(word.group()), fold(sentence))
